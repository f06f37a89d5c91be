/** `--print`: the shell lines that restore without palhm. */
import { loadShippedPlan } from '../../config/shipped.js';
import type { Manifest } from '../../copy/manifest.js';
import { followsFromStages, lineThrough, listInverses } from '../../copy/restore-line.js';
import type { StoredCopy } from '../../sink/sink.js';
import { piecesOf } from '../objects/bring-back.js';
import { type Inverses, planDecoding } from '../objects/decoding.js';
import { collectKnownInverses } from '../objects/known-inverses.js';
import type { Operation } from '../operation/operation.js';
import { lineToApply } from './apply-line.js';
import { planApplying } from './plan-applying.js';
import { planEach } from './plan-each.js';
import type { PlannedObject } from './planned-object.js';
import { type RecoveryLines, recoveryLines } from './recovery-lines.js';
import type { PrintRequest } from './request.js';
import { selectObjects } from './select.js';
import { type CopyObject, type Recipe, withSource } from './source.js';
import { listUnknown, NOBODY_KNOWS } from './trust.js';

export interface RestoreLine {
  readonly path: string;
  readonly line: string;
  /** True when the line has to be run in the directory of the copy. */
  readonly inCopy: boolean;
  /** What the line lacks, for people. */
  readonly remarks?: readonly string[];
  /** True: the line of the manifest does not follow from its stages. Somebody has changed it, and it is not to be used. */
  readonly suspect: boolean;
}

export interface RestoreLines {
  /** Where the copy is, for people. */
  readonly location: string;
  readonly lines: readonly RestoreLine[];
  /** What a recovery runs around them. */
  readonly around: RecoveryLines;
}

/** Failure USAGE, NOT_RESTORABLE, and those of `withSource`. */
export async function printLines(
  operation: Operation,
  request: PrintRequest,
): Promise<RestoreLines> {
  return await withSource(operation, request.source, async ({ stored, objects, task }) => {
    const inverses = await inversesFor(operation, task);
    const { location } = stored;
    const found = planEach(selectObjects(objects, request.objects), (object) => {
      const { path, recipe = EMPTY_RECIPE } = object;
      const fetch = stored.fetchCommand(piecesOf(object));
      const line = lineOf(object, fetch, request);
      if (request.apply && !line.suspect) {
        const planned = planApplying(object, recipe, inverses);
        const applied = { ...line, ...lineToApply(planned, { location, fetch }), inCopy: false };
        return { line: applied, unknown: planned.unknown };
      }
      const stages = request.raw ? [] : recipe.stages;
      return { line, unknown: planDecoding({ path, stages }, inverses).unknown };
    });
    warnOfUnknown(operation, found);
    const lines = found.map(({ line }) => line);
    warnOfSuspects(operation, lines);
    return { location, lines, around: recoveryLines(operation, task, request) };
  });
}

/** The line of each object of a copy. It undoes the filters as far as they have inverses. */
export function restoreLinesOf(
  { objects }: Manifest,
  stored: Pick<StoredCopy, 'fetchCommand'>,
): readonly RestoreLine[] {
  return objects.map(({ path, volumes, stages, apply, restore }) =>
    lineOf(
      { path, volumes, recipe: { stages, apply, restore } },
      stored.fetchCommand(piecesOf({ path, volumes })),
      { raw: false },
    ),
  );
}

/** Whoever shows lines tells of those that are not to be used, wherever they go. */
export function warnOfSuspects(
  { emit }: Pick<Operation, 'emit'>,
  lines: readonly RestoreLine[],
): void {
  const suspects = lines.filter(({ suspect }) => suspect);
  if (suspects.length === 0) return;
  const message =
    'somebody has changed the manifest: it has a "restore" line that its stages do not ask for';
  const details = [
    ...suspects.map(({ path }) => `object ${JSON.stringify(path)}`),
    'Do not use it. "palhm restore" goes by the stages: look at those as well.',
  ];
  emit({ type: 'warning', message, details });
}

/** By which the commands of a copy of this task are judged. */
export async function inversesFor(
  { plan, plans }: Pick<Operation, 'plan' | 'plans'>,
  task: string,
): Promise<Inverses> {
  return { known: collectKnownInverses(plan, await loadShippedPlan(plans)), task };
}

/** The commands that a restore asks about before it runs them are not shown without a word either. */
export function warnOfUnknown(
  { emit }: Pick<Operation, 'emit'>,
  planned: readonly Pick<PlannedObject, 'unknown'>[],
): void {
  const details = listUnknown(planned);
  if (details.length > 0) emit({ type: 'warning', message: NOBODY_KNOWS, details });
}

function lineOf(
  { path, volumes, recipe = EMPTY_RECIPE }: Pick<CopyObject, 'path' | 'volumes' | 'recipe'>,
  fetch: string | undefined,
  { raw }: Pick<PrintRequest, 'raw'>,
): RestoreLine {
  if (recipe !== EMPTY_RECIPE && !followsFromStages({ path, volumes, ...recipe }))
    return { path, line: recipe.restore, inCopy: false, suspect: true };
  const line = lineThrough({ path, volumes, fetch }, raw ? [] : listInverses(recipe.stages));
  return { path, line, inCopy: fetch === undefined, suspect: false };
}

/** Of a copy without a manifest. */
const EMPTY_RECIPE: Recipe = { stages: [], apply: undefined, restore: '' };
