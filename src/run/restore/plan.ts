/** What a restore runs for each object, and where the result goes. Pure: it does not look at the host. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { Failure } from '../../failure/failure.js';
import { type Inverses, literalExec, planDecoding } from '../objects/decoding.js';
import { planApplying } from './plan-applying.js';
import { planEach } from './plan-each.js';
import type { PlannedObject } from './planned-object.js';
import type { RestoreWay } from './request.js';
import type { CopyObject, Recipe, SourceCopy } from './source.js';

export interface PlanRequest {
  readonly way: RestoreWay;
  readonly copy: Pick<SourceCopy, 'prefix'>;
  readonly inverses: Inverses;
}

/** Failure NOT_RESTORABLE. */
export function planObjects(
  objects: readonly CopyObject[],
  request: PlanRequest,
): readonly PlannedObject[] {
  const planned = planEach(objects, (object) => planObject(object, request));
  if (request.way.type === 'directory') checkGoalsDiffer(planned);
  return planned;
}

function planObject(object: CopyObject, { way, copy, inverses }: PlanRequest): PlannedObject {
  if (way.type !== 'apply' && way.raw) return planRaw(object);
  const { recipe } = object;
  if (recipe === undefined) throw noRecipe(copy.prefix);
  if (way.type === 'apply') return planApplying(object, recipe, inverses);
  const planned = planDecoded(object, recipe, inverses);
  return way.type === 'directory' && way.extract ? addUnpacking(planned) : planned;
}

/** For an object without filters: its bytes go through one small program, so that every object is a pipeline. */
const CAT: readonly ExecPlan[] = [literalExec(['cat'])];

/**
 * GNU tar removes a leading slash from names, refuses `..`, and makes symbolic links that lead out of the tree last, so
 * that nothing is written through them. Only root restores owners, as with tar itself, borg and restic. TAR_OPTIONS of the
 * user must not change that, so it is empty.
 */
const UNPACK: ExecPlan = {
  ...literalExec([
    'tar',
    '--extract',
    '--file=-',
    '--preserve-permissions',
    '--xattrs',
    '--xattrs-include=*',
    '--restrict',
    '--warning=no-timestamp',
  ]),
  env: new Map([['TAR_OPTIONS', { type: 'literal', text: '' }]]),
};

function planRaw(object: CopyObject): PlannedObject {
  return { object, execs: CAT, unknown: [], goal: { path: object.path, kind: 'file' } };
}

function planDecoded(object: CopyObject, { stages }: Recipe, inverses: Inverses): PlannedObject {
  const { execs, path, unknown } = planDecoding({ path: object.path, stages }, inverses);
  return {
    object,
    execs: execs.length === 0 ? CAT : execs,
    unknown,
    goal: { path, kind: 'file' },
  };
}

const TAR = '.tar';

function addUnpacking(planned: PlannedObject): PlannedObject {
  const { path } = planned.goal;
  const name = path.slice(path.lastIndexOf('/') + 1, -TAR.length);
  const isTar = path.endsWith(TAR) && name !== '' && name !== '.' && name !== '..';
  if (!isTar) return planned;
  const execs = planned.execs === CAT ? [UNPACK] : [...planned.execs, UNPACK];
  return { ...planned, execs, goal: { path: path.slice(0, -TAR.length), kind: 'tree' } };
}

/** Two objects must not have one name, and none may be a file that is a directory for another. One may lie in the tree of another. */
function checkGoalsDiffer(planned: readonly PlannedObject[]): void {
  const byPath = new Map<string, PlannedObject>();
  for (const one of planned) {
    const other = byPath.get(one.goal.path);
    if (other !== undefined) throw collision(one, other);
    byPath.set(one.goal.path, one);
  }
  for (const one of planned) {
    const { path } = one.goal;
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      const above = byPath.get(path.slice(0, at));
      if (above?.goal.kind === 'file') throw collision(one, above);
    }
  }
}

function collision(one: PlannedObject, other: PlannedObject): Failure {
  const name = ({ object, goal }: PlannedObject): string =>
    `"${object.path}" becomes "${goal.path}"`;
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: `two objects would be in each other's way: ${name(other)}, ${name(one)}`,
    hint: 'restore them one at a time with --object, or as they are stored with --raw',
  });
}

function noRecipe(prefix: string): Failure {
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: `copy ${prefix} has no manifest: nothing says how its objects were made`,
    hint: 'take the stored bytes with --raw, and undo their filters by hand',
  });
}
