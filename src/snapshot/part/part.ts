/**
 * A part of a disk, such as the snapshot of a whole guest: the steps of the config lead to it, from the disk to a partition, and so on. Each
 * step makes devices in the device mapper above that of the step before, by names with the snapshot's. So that what is in
 * a guest is taken for the host's own by nobody, see layer.ts. Nothing here knows what the disk is made of: any block device will do.
 */
import type { PartStep } from '../../config/plan/snapshots/part.js';
import { findProgram, packageOf } from '../../host/programs.js';
import { runProgram } from '../programs.js';
import type { Problem, ResolveKey } from '../provider.js';
import { LVM } from './inner-lvm.js';
import { deviceNamed } from './layer.js';
import { LUKS } from './luks.js';
import { listPartitions, PARTITION } from './partition.js';
import type { Kind, Level } from './step.js';

export interface Part {
  /** A block device of which nothing is needed afterwards: a journal is played back into it, and a volume group in it is renamed. */
  readonly disk: string;
  /** Whose it is, such as `palhm.RUN.NUMBER.INDEX`: all that is made begins with it. At most 80 characters. */
  readonly name: string;
  /** None: the whole disk. */
  readonly steps: readonly PartStep[];
}

type StepOf<T extends PartStep['type']> = Extract<PartStep, { readonly type: T }>;

/** This does not compile when a kind of step is not built. */
const KINDS: { readonly [T in PartStep['type']]: Kind<StepOf<T>> } = {
  partition: PARTITION,
  luks: LUKS,
  lvm: LVM,
};

/** See `kindOf` of registry.ts. */
function kindOf<T extends PartStep['type']>({ type }: { readonly type: T }): Kind<StepOf<T>> {
  return KINDS[type];
}

/** The device of the part, once it is open. */
export function deviceOfPart(part: Part): string {
  const last = namesOfPart(part).at(-1);
  return last === undefined ? part.disk : deviceNamed(last);
}

/** Of all its devices in the device mapper, in the order in which they are made. */
export function namesOfPart({ name, steps }: Pick<Part, 'name' | 'steps'>): readonly string[] {
  return steps.flatMap((step, index) => namesOfStep(step, nameOfStep(name, index)));
}

function namesOfStep(step: PartStep, name: string): readonly string[] {
  return kindOf<PartStep['type']>(step).names(step, name);
}

function nameOfStep(name: string, index: number): string {
  return `${name}.${index}`;
}

/** Looks up the keys of all steps at once: before anything is made for want of one. */
export async function resolveKeys(
  steps: readonly PartStep[],
  resolve: ResolveKey,
): Promise<Level['secretOf']> {
  const keys = steps.flatMap((step) => (step.type === 'luks' ? [step.key] : []));
  const texts = new Map(
    await Promise.all(keys.map(async (key) => [key, await resolve(key)] as const)),
  );
  return (key) => texts.get(key) ?? '';
}

export interface Opening {
  readonly isReadOnly: boolean;
  /** Stays open until the programs have ended. */
  readonly fd: number;
  /** The text of a key. */
  readonly secretOf: Level['secretOf'];
}

/**
 * Makes the devices that lead to the part. When it rejects, some may be there: `closePart`
 * removes them. Failure SNAPSHOT_FAILED.
 */
export async function openPart(part: Part, { isReadOnly, fd, secretOf }: Opening): Promise<void> {
  let device = part.disk;
  for (const [index, step] of part.steps.entries()) {
    const level: Level = { device, name: nameOfStep(part.name, index), fd, secretOf };
    await kindOf<PartStep['type']>(step).open(step, level);
    device = deviceNamed(namesOfStep(step, level.name).at(-1) ?? '');
  }
  if (isReadOnly && part.steps.length > 0)
    await runProgram(['blockdev', '--setro', device], { fd });
}

/** What this host lacks, and whether the disk has what the first step wants. Nothing is changed. */
export async function checkPart({
  disk,
  steps,
}: Pick<Part, 'disk' | 'steps'>): Promise<readonly Problem[]> {
  if (steps.length === 0) return [];
  const wanted = steps.flatMap((step) => kindOf<PartStep['type']>(step).programs);
  const missing = [...new Set(['dmsetup', 'blockdev', ...wanted])].filter(
    (program) => findProgram(program) === undefined,
  );
  if (missing.length > 0) return missing.map(describeMissing);
  const [first] = steps;
  return first?.type === 'partition' ? await checkPartition(disk, first.number) : [];
}

function describeMissing(program: string): Problem {
  return {
    message: `There is no program "${program}", which the "part" of a snapshot needs.`,
    hint: `Install ${packageOf(program)}.`,
    isProgram: true,
  };
}

async function checkPartition(disk: string, number: number): Promise<readonly Problem[]> {
  const numbers = await listPartitions(disk);
  if (numbers.includes(number)) return [];
  const hint =
    numbers.length === 0
      ? 'Leave the step out: what is on it is on the whole disk.'
      : `It has ${numbers.join(', ')}: see "partx --show ${disk}".`;
  const message = `${disk} has no ${numbers.length === 0 ? 'partitions' : `partition ${number}`}.`;
  return [{ message, hint, isProgram: false }];
}
