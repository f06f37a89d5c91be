/** `--print`: what a person without palhm would type. */
import type { Manifest } from '../../copy/manifest.js';
import { followsFromStages, lineThrough, listInverses } from '../../copy/restore-line.js';
import type { StoredCopy } from '../../sink/sink.js';
import { commandsToApply } from './plan-applying.js';
import { selectObjects } from './select.js';
import type { CopyObject, Recipe, SourceCopy } from './source.js';

export interface RestoreLine {
  readonly path: string;
  readonly line: string;
  /** The line is to be run in the directory of the copy. */
  readonly inCopy: boolean;
  /** The line does not follow from the stages: somebody has changed it. */
  readonly suspect: boolean;
}

export interface RestoreLines {
  /** Where the copy is, for people. */
  readonly location: string;
  readonly lines: readonly RestoreLine[];
}

export interface PrintRequest {
  readonly objects: readonly string[];
  readonly raw: boolean;
  readonly apply: boolean;
}

/** Failure USAGE, NOT_RESTORABLE. */
export function linesOf(copy: SourceCopy, printing: PrintRequest): readonly RestoreLine[] {
  return selectObjects(copy.objects, printing.objects).map((object) => {
    const fetch = copy.stored.fetchCommand(object.volumes ?? [object.path]);
    return lineOf(object, fetch, printing);
  });
}

/** The line of each object of a copy, as far as its filters have inverses. */
export function restoreLinesOf(
  { objects }: Manifest,
  stored: Pick<StoredCopy, 'fetchCommand'>,
): readonly RestoreLine[] {
  return objects.map((object) => {
    const { path, volumes = [path], stages, restore } = object;
    const fetch = stored.fetchCommand(volumes);
    if (!followsFromStages(object)) return { path, line: restore, inCopy: true, suspect: true };
    const line = lineThrough({ ...object, fetch }, listInverses(stages));
    return { path, line, inCopy: fetch === undefined, suspect: false };
  });
}

function lineOf(
  object: CopyObject,
  fetch: string | undefined,
  printing: PrintRequest,
): RestoreLine {
  const { path, made } = object;
  const inCopy = fetch === undefined;
  if (made === undefined) {
    if (printing.apply) commandsToApply({ ...object, made: EMPTY_RECIPE });
    return { path, line: lineThrough({ path, fetch }, []), inCopy, suspect: false };
  }
  if (!followsFromStages({ ...object, ...made }))
    return { path, line: made.restore, inCopy, suspect: true };
  const commands = commandsFor({ ...object, made }, printing);
  return { path, line: lineThrough({ ...object, fetch }, commands), inCopy, suspect: false };
}

/** Of a copy of the original PALHM. */
const EMPTY_RECIPE: Recipe = { stages: [], apply: undefined, restore: '' };

function commandsFor(
  object: CopyObject & { readonly made: Recipe },
  { raw, apply }: PrintRequest,
): readonly (readonly string[])[] {
  if (raw) return [];
  return apply ? commandsToApply(object) : listInverses(object.made.stages);
}
