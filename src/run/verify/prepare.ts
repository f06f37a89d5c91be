/** Before an object is read: chooses the objects of each copy, and looks for everything that decodes them. */
import type { BackupPlan, ExecPlan } from '../../config/plan/plan.js';
import { renderWholeCommand } from '../../config/plan/render-value.js';
import { loadShippedPlan } from '../../config/shipped.js';
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import type { SeemingCopy, UnreadCopy } from '../../copy/seeming-copies.js';
import { findMissingPrograms } from '../../exec/needs.js';
import { Failure } from '../../failure/failure.js';
import type { Sink } from '../../sink/sink.js';
import { type Inverses, literalExec, planDecoding } from '../objects/decoding.js';
import { collectKnownInverses } from '../objects/known-inverses.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { storedCopyBracket } from '../operation/places.js';
import type { VerifyRequest } from './request.js';

export type ChosenCopy = SeemingCopy | UnreadCopy;

export interface PreparedCopy {
  readonly seeming: ChosenCopy;
  /** Undefined where there is none; a Failure where it cannot be used. */
  readonly manifest: Manifest | Failure | undefined;
  /** The objects to read, and what the bytes of each go through. */
  readonly chosen: ReadonlyMap<ManifestObject, readonly ExecPlan[]>;
}

/** What lasts as long as a verify. */
export interface VerifyRun extends VerifyRequest {
  readonly operation: Operation;
  readonly backup: BackupPlan;
  readonly sink: Sink;
}

/**
 * Returns what prepares one copy of these. Manifests may be large, so only one is in memory at a time; with `decode` each is
 * read twice, because what decodes all copies is looked for before any object is read. Failure UNTRUSTED_COMMAND,
 * STAGE_NOT_STARTED, also of what is returned: a manifest may have changed meanwhile.
 */
export async function prepareCopies(
  run: VerifyRun,
  copies: readonly ChosenCopy[],
): Promise<(seeming: ChosenCopy) => Promise<PreparedCopy>> {
  const { operation, backup, decode, confirmed } = run;
  if (!decode) return (seeming) => prepareCopy(run, seeming);
  const decoder = await createDecoder(operation, backup.id);
  const drawn = new Map<ChosenCopy, ReadonlySet<string>>();
  for (const seeming of copies) {
    const { chosen } = await prepareCopy({ ...run, decoder }, seeming);
    drawn.set(seeming, new Set([...chosen.keys()].map(({ path }) => path)));
  }
  await decoder.check(confirmed);
  return async (seeming) => {
    const prepared = await prepareCopy({ ...run, decoder, drawn: drawn.get(seeming) }, seeming);
    await decoder.check(confirmed);
    return prepared;
  };
}

interface Preparation extends VerifyRun {
  readonly decoder?: Decoder;
  /** The paths of the objects that were chosen before. Undefined: they are chosen now. */
  readonly drawn?: ReadonlySet<string> | undefined;
}

async function prepareCopy(
  { operation, sink, sample, decoder, drawn }: Preparation,
  seeming: ChosenCopy,
): Promise<PreparedCopy> {
  const manifest = await readManifest(operation, sink, seeming);
  const objects = manifest === undefined || manifest instanceof Failure ? [] : manifest.objects;
  const chosen =
    drawn === undefined
      ? chooseObjects(objects, sample)
      : objects.filter(({ path }) => drawn.has(path));
  const planned = chosen.map((object) => [object, decoder?.plan(object) ?? []] as const);
  return { seeming, manifest, chosen: new Map(planned) };
}

async function readManifest(
  operation: Operation,
  sink: Sink,
  seeming: ChosenCopy,
): Promise<Manifest | Failure | undefined> {
  if (seeming.type === 'unread') return undefined;
  if (seeming.type === 'copy' && !seeming.copy.manifest) return undefined;
  try {
    const copy = storedCopyBracket(sink, seeming.prefix);
    return await within(operation, copy, (stored) => stored.manifest());
  } catch (error) {
    operation.signal.throwIfAborted();
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Chooses at random and keeps the order. */
export function chooseObjects<T>(objects: readonly T[], part: number): readonly T[] {
  const wanted = Math.max(1, Math.ceil(objects.length * part));
  if (wanted >= objects.length) return objects;
  const drawn = objects.map((_, index) => ({ index, lot: Math.random() }));
  const first = drawn.sort((a, b) => a.lot - b.lot).slice(0, wanted);
  const chosen = new Set(first.map(({ index }) => index));
  return objects.filter((_, index) => chosen.has(index));
}

interface Decoder {
  plan(object: ManifestObject): readonly ExecPlan[];
  /** Checks that everything that was planned may run, and can. */
  check(confirmed: boolean): Promise<void>;
}

async function createDecoder({ plan, plans, host }: Operation, task: string): Promise<Decoder> {
  const inverses: Inverses = {
    known: collectKnownInverses(plan, await loadShippedPlan(plans)),
    task,
  };
  const unknown = new Set<string>();
  const execs = new Set<ExecPlan>();
  return {
    plan(object) {
      const decoding = planDecoding(object, inverses);
      const isTar = decoding.path.endsWith('.tar');
      const planned = isTar ? [...decoding.execs, LIST_TAR] : decoding.execs;
      for (const exec of planned) execs.add(exec);
      for (const argv of decoding.unknown) unknown.add(renderWholeCommand(literalExec(argv).argv));
      return planned;
    },
    async check(confirmed) {
      if (unknown.size > 0 && !confirmed) throw untrusted([...unknown]);
      const missing = await findMissingPrograms([...execs], host.environment);
      if (missing.length > 0) throw notInstalled(missing);
    },
  };
}

/** Reads an archive to its end. The list is not used. */
const LIST_TAR = literalExec(['tar', '-t', '-f', '-']);

function untrusted(commands: readonly string[]): Failure {
  return new Failure({
    code: 'UNTRUSTED_COMMAND',
    message:
      'The manifest names commands that neither the config in use nor what ships with palhm knows',
    details: [...commands.map((line) => `| ${line}`), 'Nothing was run.'],
    hint: 'run them with --yes when they are what they should be, or verify without --decode',
  });
}

function notInstalled(missing: readonly string[]): Failure {
  return new Failure({
    code: 'STAGE_NOT_STARTED',
    message: 'not every program that decodes these objects can be run',
    details: [...missing, 'Nothing was read.'],
    hint: 'install what is missing, or verify without --decode',
  });
}
