/** `--onto`: one object becomes a disk: a block device, a volume that is made for it, a file. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { assertNever, Failure } from '../../../failure/failure.js';
import { type Bracket, within } from '../../operation/bracket.js';
import type { Operation } from '../../operation/operation.js';
import { processesBracket } from '../../operation/processes.js';
import { describeExec } from '../apply.js';
import type { PlannedObject } from '../planned-object.js';
import type { Onto, Question, RestoreWay } from '../request.js';
import { bringObjects, type RestoreRun } from '../run-objects.js';
import { checkOutside } from '../target.js';
import { asTargetFailure } from '../target-failure.js';
import { obtainConsent } from '../trust.js';
import { openDevice } from './device.js';
import { type ImagePlace, type OpenImage, placeAt } from './image.js';
import { openImageFile } from './image-file.js';
import { openVolume } from './volume.js';
import { writeImage } from './write-image.js';

const WHY_ASKED = 'what --onto overwrites is lost';

/** Returns where the object went. `begin` is called when nothing is in the way, before anything is written. */
export async function restoreOnto(
  run: RestoreRun,
  way: Onto,
  begin: (target: string) => Promise<void>,
): Promise<string> {
  const { operation, planned } = run;
  const only = onlyOf(planned);
  return await within(operation, imageBracket(run, way.place, way.force), async (image) => {
    await begin(image.description);
    await confirmLoss(run, { path: only.object.path, image });
    await within(operation, processesBracket(operation), () =>
      bringObjects(
        run,
        async ({ object: { path } }, bringTo, objectRun) =>
          await writeImage({ operation, image, path, objectRun }, bringTo),
        image.path,
      ),
    );
    operation.signal.throwIfAborted();
    await image.publish();
    return image.path;
  });
}

export function imageBracket(
  { operation, copy }: Pick<RestoreRun, 'operation' | 'copy'>,
  place: ImagePlace,
  force: boolean,
): Bracket<OpenImage> {
  return {
    name: 'the disk',
    async open() {
      const found = place.type === 'file' ? placeAt(await realPath(place.path)) : place;
      if (found.type === 'file') await checkOutside(found.path, copy);
      return await openImage(operation, found, force);
    },
    close: (image, { type }) => image.close(type === 'done'),
  };
}

/** The file itself need not be there. */
async function realPath(path: string): Promise<string> {
  const directory = await asTargetFailure(`restore to ${path}`, () => realpath(dirname(path)));
  return join(directory, basename(path));
}

async function openImage(
  operation: Operation,
  place: ImagePlace,
  force: boolean,
): Promise<OpenImage> {
  switch (place.type) {
    case 'device':
      return await openDevice(place.path, { force });
    case 'volume':
      return await openVolume(operation, place);
    case 'file':
      return await openImageFile(operation, { path: place.path, force });
    default:
      return assertNever(place);
  }
}

/**
 * What comes before may be what frees the place, or makes it: what is lost is asked behind it. But it does not run when nobody
 * could say yes then.
 */
export function ontoQuestion(
  { copy, planned, recovery: { pre } }: Pick<RestoreRun, 'copy' | 'planned' | 'recovery'>,
  way: RestoreWay,
): Question | undefined {
  if (way.type !== 'onto' && way.type !== 'domain') return undefined;
  if (way.type === 'onto') onlyOf(planned);
  if (pre.length === 0) return undefined;
  if (way.type === 'onto' && !mayLose(way)) return undefined;
  const goal = way.type === 'onto' ? `goes onto ${describePlace(way.place)}` : 'becomes a domain';
  return {
    lines: [
      `Copy ${copy.prefix} of task "${copy.task}" of host ${copy.host ?? 'unknown'} ${goal}.`,
      'What is lost by it is shown, and asked for, when these have run:',
      ...pre.map((exec) => `  pre-recovery: ${describeExec(exec)}`),
    ],
    text: 'Run them?',
    without: WHY_ASKED,
  };
}

/** A volume is made, and a file without --force. */
function mayLose({ place, force }: Onto): boolean {
  return place.type === 'device' || (place.type === 'file' && force);
}

function describePlace(place: ImagePlace): string {
  return place.type === 'volume' ? `lvm:${place.group}/${place.name}` : place.path;
}

interface Loss {
  /** Of the object. */
  readonly path: string;
  readonly image: OpenImage;
}

export function describeLoss({ path, image }: Loss): readonly string[] {
  return [`  ${path} goes onto`, ...image.losses.map((line) => `  ${line}`)];
}

/** Asks for a yes where something is overwritten. Failure USAGE, NOT_CONFIRMED. */
async function confirmLoss({ request, copy }: RestoreRun, loss: Loss): Promise<void> {
  if (loss.image.losses.length === 0) return;
  const question = {
    lines: [
      `Copy ${copy.prefix} of task "${copy.task}" of host ${copy.host ?? 'unknown'}:`,
      ...describeLoss(loss),
    ],
    text: 'All that is on it is lost. Overwrite it?',
    without: WHY_ASKED,
  };
  const untouched = 'Nothing was written.';
  await obtainConsent(request.consent, { planned: [], question, untouched });
}

/** Failure USAGE. */
function onlyOf(planned: readonly PlannedObject[]): PlannedObject {
  const [only, ...others] = planned;
  if (only !== undefined && others.length === 0) return only;
  throw new Failure({
    code: 'USAGE',
    message: `--onto takes one object, and these are ${planned.length}`,
    hint: 'name the one that is wanted with --object',
  });
}
