/** `--domain`: a virtual machine of libvirt comes back: its disks, then the XML that defines it with them. All of it, or nothing. */
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
import {
  type DiskPlan,
  type DomainPlan,
  planDomain,
  rewriteXml,
  splitParts,
} from './plan-domain.js';
import { define, refuseTaken } from './virsh.js';

/** Returns its name. `begin` is called when nothing is known to be in the way, before anything runs. */
export async function restoreAsDomain(
  run: RestoreRun,
  way: AsDomain,
  begin: (target: string) => Promise<void>,
): Promise<string> {
  const { operation } = run;
  const parts = splitParts(run.planned);
  await begin('libvirt');
  const xml = await readObject(run, parts.xml);
  const plan = planDomain(xml, parts.disks, way);
  const libvirt = { operation, uri: way.uri };
  await refuseTaken(libvirt, { ...plan, force: way.force });
  await withImages(run, { way, disks: plan.disks }, async (images) => {
    await confirm(run, plan, images);
    await writeDisks(run, plan.disks, images);
    operation.signal.throwIfAborted();
    for (const image of images) await image.publish();
    const places = plan.disks.map((disk, index) => ({ ...disk, path: images[index]?.path ?? '' }));
    await define(libvirt, rewriteXml(xml, places, way.name));
  });
  if (plan.missing.length > 0) {
    const message = `no object is the disk ${plan.missing.join(', ')} of ${plan.name}: it is where it was, if it is there`;
    operation.emit({ type: 'warning', message, details: [] });
  }
  return plan.name;
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

interface Images {
  readonly way: AsDomain;
  readonly disks: readonly DiskPlan[];
}

/** All of them are open while the work is done, and what was made is removed when it fails. */
async function withImages(
  run: RestoreRun,
  { way, disks: [first, ...others] }: Images,
  work: (images: readonly OpenImage[]) => Promise<void>,
): Promise<void> {
  if (first === undefined) return await work([]);
  await within(run.operation, imageBracket(run, first.place, way.force), (image) =>
    withImages(run, { way, disks: others }, (images) => work([image, ...images])),
  );
}

/** Always: the XML of a copy may let a machine use any file of this host, and who could write to the copy could change it. */
async function confirm(
  { request, copy }: RestoreRun,
  { name, disks }: DomainPlan,
  images: readonly OpenImage[],
): Promise<void> {
  const lines = images.flatMap((image, index) => {
    const path = disks[index]?.target ?? '';
    return image.losses.length > 0
      ? describeLoss({ path, image })
      : [`  ${path} becomes ${image.description}`];
  });
  const question = {
    lines: [
      `Copy ${copy.prefix} of task "${copy.task}" of host ${copy.host ?? 'unknown'}:`,
      ...lines,
      `  The domain ${name} is defined as the XML in the copy says.`,
    ],
    text: 'What is overwritten is lost. Bring it back?',
    without: '--domain defines a machine as the copy says',
  };
  await obtainConsent(request.consent, { planned: [], question });
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
