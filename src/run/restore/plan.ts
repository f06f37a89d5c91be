/** What a restore runs for each object, and where that goes. Pure: nothing is asked of the host. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { Failure } from '../../failure/failure.js';
import {
  type Inverses,
  literalExec,
  planDecoding,
  type StagedObject,
} from '../objects/decoding.js';
import { planApplying } from './plan-applying.js';
import type { PlannedObject } from './planned-object.js';
import type { RestoreWay } from './request.js';
import type { CopyObject, Making, SourceCopy } from './source.js';

export interface Planning {
  readonly way: RestoreWay;
  readonly copy: Pick<SourceCopy, 'prefix'>;
  readonly inverses: Inverses;
}

/** Failure NOT_RESTORABLE. */
export function planObjects(
  objects: readonly CopyObject[],
  planning: Planning,
): readonly PlannedObject[] {
  const planned = objects.map((object) => planObject(object, planning));
  if (planning.way.type === 'directory') checkGoalsDiffer(planned);
  return planned;
}

function planObject(object: CopyObject, { way, copy, inverses }: Planning): PlannedObject {
  if (way.type !== 'apply' && way.raw) return planRaw(object);
  const { made } = object;
  if (made === undefined) throw madeByOriginal(copy.prefix);
  if (way.type === 'apply') return planApplying({ ...object, made }, inverses);
  const decoded = planDecoded({ ...object, made }, inverses);
  return way.type === 'directory' && way.extract ? withUnpacking(decoded) : decoded;
}

/** Bytes take a detour through one small program, as with any other object. */
const CAT: readonly ExecPlan[] = [literalExec(['cat'])];

/**
 * GNU tar leaves the slash in front of a name away, refuses `..`, and makes symbolic links that lead out of the tree last,
 * so that nothing is written through them. Owners are restored by root alone, as tar itself, borg and restic do. What a
 * person has in TAR_OPTIONS must not change that.
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

function planDecoded(
  object: CopyObject & { readonly made: Making },
  inverses: Inverses,
): PlannedObject {
  const staged: StagedObject = { path: object.path, stages: object.made.stages };
  const { execs, path, unknown } = planDecoding(staged, inverses);
  return {
    object,
    execs: execs.length === 0 ? CAT : execs,
    unknown,
    goal: { path, kind: 'file' },
  };
}

const TAR = '.tar';

function withUnpacking(planned: PlannedObject): PlannedObject {
  const { path } = planned.goal;
  const name = path.slice(path.lastIndexOf('/') + 1, -TAR.length);
  const isTar = path.endsWith(TAR) && name !== '' && name !== '.' && name !== '..';
  if (!isTar) return planned;
  const execs = planned.execs === CAT ? [UNPACK] : [...planned.execs, UNPACK];
  return { ...planned, execs, goal: { path: path.slice(0, -TAR.length), kind: 'tree' } };
}

/** No two may have one name, and none may be where another needs a directory. */
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
      if (above !== undefined) throw collision(one, above);
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

function madeByOriginal(prefix: string): Failure {
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: `copy ${prefix} was made by the original PALHM: it has no manifest, so nothing says how its objects were made`,
    hint: 'take the stored bytes with --raw, and undo their filters by hand',
  });
}
