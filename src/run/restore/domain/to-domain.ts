/** `--domain`: a virtual machine of libvirt comes back: its disks, then the XML that defines it with them. All of it, or nothing. */
import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { Failure } from '../../../failure/failure.js';
import type { Consumer } from '../../../host/intake.js';
import { intakeBracket } from '../../objects/intake.js';
import { within } from '../../operation/bracket.js';
import { processesBracket } from '../../operation/processes.js';
import type { OpenImage } from '../image/image.js';
import { describeLoss, imageBracket } from '../image/to-image.js';
import { writeImage } from '../image/write-image.js';
import type { PlannedObject } from '../planned-object.js';
import type { AsDomain } from '../request.js';
import { type Bring, bringObjects, type RestoreRun } from '../run-objects.js';
import { obtainConsent } from '../trust.js';
import { listHostParts } from './host-parts.js';
import { emulatorOf, rewriteXml } from './new-xml.js';
import {
  type DiskPlan,
  type DomainPlan,
  type OtherDisk,
  planDomain,
  splitParts,
} from './plan-domain.js';
import { definitionBracket, findReplaced, tryDefinition } from './virsh.js';
import { checkWhole, needQemuImg } from './whole-image.js';

/** Returns its name. `begin` is called when nothing is known to be in the way, before anything runs. */
export async function restoreAsDomain(
  run: RestoreRun,
  way: AsDomain,
  begin: (target: string) => Promise<void>,
): Promise<string> {
  const { operation } = run;
  const parts = splitParts(run.planned);
  await begin('libvirt');
  const text = await readObject(run, parts.xml);
  const plan = planDomain(text, parts.disks, way);
  const libvirt = { operation, uri: way.uri };
  const wanted = { ...plan, force: way.force };
  const before = await untouched(() => findReplaced(libvirt, wanted));
  await untouched(() => checkOthers(plan.others));
  if (plan.disks.some(({ format }) => format === 'qcow2')) await untouched(needQemuImg);
  const uuid = plan.uuid ?? before?.uuid ?? randomUUID();
  const rewrite = { rename: way.name, uuid, missingEmulator: await findMissingEmulator(text) };
  await withImages(run, plan.disks, async (images) => {
    const made = plan.disks.map((disk, index) => ({ ...disk, path: images[index]?.path ?? '' }));
    const places = [...made, ...plan.others];
    const { xml, changes } = rewriteXml(text, { ...rewrite, places });
    const machine = { name: plan.name, uuid, xml, before };
    await confirm(run, { plan, images, changes, xml });
    await untouched(() => tryDefinition(libvirt, machine));
    await writeDisks(run, plan.disks, images);
    await unpublished(images, () => checkImages(run, plan.disks, images));
    operation.signal.throwIfAborted();
    // A long time may have gone by.
    const last = await unpublished(images, () => findReplaced(libvirt, { ...wanted, uuid }));
    const bracket = definitionBracket(libvirt, { ...machine, before: last });
    await within(operation, bracket, () => unpublished(images, () => publishAll(images)));
    warn(run, plan, changes);
  });
  return plan.name;
}

async function checkImages(
  { operation: { signal } }: RestoreRun,
  disks: readonly DiskPlan[],
  images: readonly OpenImage[],
): Promise<void> {
  for (const [index, { format, planned }] of disks.entries()) {
    const image = images[index];
    if (format === 'qcow2' && image !== undefined)
      await checkWhole(image, planned.object.path, signal);
  }
}

/** A file that --force has replaced does not come back when a later one fails: then that is said. */
async function publishAll(images: readonly OpenImage[]): Promise<void> {
  const replaced: string[] = [];
  await withDetail(replaced, async () => {
    for (const image of images) {
      await image.publish();
      if (image.losses.length > 0 && !image.isMeasured)
        replaced.push(`${image.description} is replaced by the disk of the copy.`);
    }
  });
}

/** Does what comes before the first byte. */
async function untouched<T>(work: () => Promise<T>): Promise<T> {
  return await withDetail(['Nothing was written.'], work);
}

async function withDetail<T>(details: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? error.withDetails(details) : error;
  }
}

async function checkOthers(others: readonly OtherDisk[]): Promise<void> {
  for (const { target, path } of others)
    if (!(await isThere(path)))
      throw new Failure({
        code: 'USAGE',
        message: `no object is the disk ${target}, and there is no ${path} that it could be`,
        hint: `make it (qemu-img create), or leave --disk ${target}=… away`,
      });
}

async function findMissingEmulator(text: string): Promise<string | undefined> {
  const emulator = emulatorOf(text) ?? '';
  return emulator === '' || (await isThere(emulator)) ? undefined : emulator;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function warn({ operation }: RestoreRun, plan: DomainPlan, changes: readonly string[]): void {
  const say = (message: string, details: readonly string[]): void =>
    operation.emit({ type: 'warning', message, details });
  if (changes.length > 0) say(`${plan.name} is not in all as in the copy`, changes);
  if (plan.missing.length > 0)
    say(
      `no object is the disk ${plan.missing.join(', ')} of ${plan.name}: it is where it was, if it is there`,
      [],
    );
}

/** Of any machine; libvirt takes no more (virDomainDefineXML). */
const LONGEST_XML = 4 * 1024 * 1024;

async function readObject(run: RestoreRun, planned: PlannedObject): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const consumer: Consumer = {
    into: {
      type: 'chunks',
      async take(taken) {
        for await (const { bytes, giveBack } of taken) {
          size += bytes.length;
          if (size > LONGEST_XML) throw tooLong(planned);
          chunks.push(Uint8Array.from(bytes));
          giveBack();
        }
      },
    },
    asFailure: (error) => error,
  };
  await bringSome(run, [planned], async ({ object: { path } }, bringTo, { threads, signal }) => {
    await within(run.operation, intakeBracket({ path, threads, consumer }), async (intake) => {
      await bringTo({ stdout: intake });
      await intake.seal(signal);
    });
  });
  return Buffer.concat(chunks).toString();
}

function tooLong({ object }: PlannedObject): Failure {
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: `object "${object.path}" is too long for the XML of a domain`,
    hint: 'name the XML and the disks with --object',
  });
}

/** Those of the objects, in their groups. */
async function bringSome(
  run: RestoreRun,
  some: readonly PlannedObject[],
  bring: Bring,
): Promise<void> {
  const groups = run.groups.map((group) => ({
    id: group.id,
    depends: group.depends,
    objects: group.objects.filter((one) => some.includes(one)),
  }));
  const { operation } = run;
  await within(operation, processesBracket(operation), () =>
    bringObjects({ ...run, groups }, bring),
  );
}

/** All of them are open while the work is done, and what was made is removed when it fails. */
async function withImages(
  run: RestoreRun,
  [first, ...others]: readonly DiskPlan[],
  work: (images: readonly OpenImage[]) => Promise<void>,
): Promise<void> {
  if (first === undefined) return await work([]);
  await within(run.operation, imageBracket(run, first.place, first.force), (image) =>
    withImages(run, others, (images) => work([image, ...images])),
  );
}

interface Asked {
  readonly plan: DomainPlan;
  readonly images: readonly OpenImage[];
  readonly changes: readonly string[];
  /** That it is defined with. */
  readonly xml: string;
}

/** Always: the XML of a copy may let a machine use any file of this host, and who could write to the copy could change it. */
async function confirm(
  { request, copy }: RestoreRun,
  { plan: { name, disks, others, missing }, images, changes, xml }: Asked,
): Promise<void> {
  const lines = images.flatMap((image, index) => {
    const path = disks[index]?.target ?? '';
    return image.losses.length > 0
      ? describeLoss({ path, image })
      : [`  ${path} becomes ${image.description}`];
  });
  const parts = listHostParts(xml, new Set(images.map(({ path }) => path)));
  const question = {
    lines: [
      `Copy ${copy.prefix} of task "${copy.task}" of host ${copy.host ?? 'unknown'}:`,
      ...lines,
      ...others.map(
        ({ target, path }) => `  ${target} is ${path}, as it is there: no object is it`,
      ),
      ...missing.map((target) => `  ${target} is where it was, if it is there: no object is it`),
      `  The domain ${name} is defined as the XML in the copy says.`,
      ...changes.map((line) => `    but ${line}`),
      ...(parts.length === 0 ? [] : ['  Besides these disks it uses of this host:']),
      ...parts.map((line) => `    ${line}`),
    ],
    text: 'What is overwritten is lost. Bring it back?',
    without: '--domain defines a machine as the copy says',
    hint: 'run it on a terminal, where all that the machine uses of this host is shown, or add --yes',
  };
  await obtainConsent(request.consent, { planned: [], question });
}

/** Says the truth of what was lost when it fails with all of them written, and the first of them not published. */
async function unpublished<T>(images: readonly OpenImage[], work: () => Promise<T>): Promise<T> {
  const lost = images.filter(({ isMeasured, losses }) => isMeasured && losses.length > 0);
  const details = lost.map(({ description }) => `What was on ${description} is lost.`);
  return await withDetail(details, work);
}

async function writeDisks(
  run: RestoreRun,
  disks: readonly DiskPlan[],
  images: readonly OpenImage[],
): Promise<void> {
  const { operation } = run;
  const byObject = new Map(disks.map(({ planned }, index) => [planned, images[index]] as const));
  await bringSome(run, [...byObject.keys()], async (planned, bringTo, objectRun) => {
    const image = byObject.get(planned);
    if (image === undefined) throw new Error('a disk without a place');
    const { path } = planned.object;
    await writeImage({ operation, image, path, objectRun }, bringTo);
  });
}
