/** `--print`: the shell lines that restore without palhm. */
import type { Manifest } from '../../copy/manifest.js';
import { followsFromStages, lineThrough, listInverses } from '../../copy/restore-line.js';
import type { StoredCopy } from '../../sink/sink.js';
import { piecesOf } from '../objects/bring-back.js';
import type { Operation } from '../operation/operation.js';
import { commandsToApply } from './plan-applying.js';
import { planEach } from './plan-each.js';
import type { PrintRequest } from './request.js';
import { selectObjects } from './select.js';
import { type CopyObject, type Recipe, withSource } from './source.js';

export interface RestoreLine {
  readonly path: string;
  readonly line: string;
  /** True when the line has to be run in the directory of the copy. */
  readonly inCopy: boolean;
  /** True when the line does not follow from the stages: somebody has changed it. */
  readonly suspect: boolean;
}

export interface RestoreLines {
  /** Where the copy is, for people. */
  readonly location: string;
  readonly lines: readonly RestoreLine[];
}

/** Failure USAGE, NOT_RESTORABLE, and those of `withSource`. */
export async function printLines(
  operation: Operation,
  request: PrintRequest,
): Promise<RestoreLines> {
  return await withSource(operation, request.source, ({ stored, objects }) => {
    const lines = planEach(selectObjects(objects, request.objects), (object) =>
      lineOf(object, stored.fetchCommand(piecesOf(object)), request),
    );
    return Promise.resolve({ location: stored.location, lines });
  });
}

/** The line of each object of a copy. It undoes the filters as far as they have inverses. */
export function restoreLinesOf(
  { objects }: Manifest,
  stored: Pick<StoredCopy, 'fetchCommand'>,
): readonly RestoreLine[] {
  return objects.map((object) => {
    const { path, stages, restore } = object;
    const fetch = stored.fetchCommand(piecesOf(object));
    if (!followsFromStages(object)) return { path, line: restore, inCopy: true, suspect: true };
    const line = lineThrough({ ...object, fetch }, listInverses(stages));
    return { path, line, inCopy: fetch === undefined, suspect: false };
  });
}

function lineOf(
  { path, volumes, recipe }: CopyObject,
  fetch: string | undefined,
  { raw, apply }: PrintRequest,
): RestoreLine {
  const inCopy = fetch === undefined;
  if (recipe !== undefined && !followsFromStages({ path, volumes, ...recipe }))
    return { path, line: recipe.restore, inCopy, suspect: true };
  const { stages } = recipe ?? EMPTY_RECIPE;
  const decoding = apply ? commandsToApply(path, recipe ?? EMPTY_RECIPE) : listInverses(stages);
  const line = lineThrough({ path, volumes, fetch }, raw ? [] : decoding);
  return { path, line, inCopy, suspect: false };
}

/** Of a copy of the original PALHM, which has no manifest. */
const EMPTY_RECIPE: Recipe = { stages: [], apply: undefined, restore: '' };
