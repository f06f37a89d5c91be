/** A dry run: the plan with a sink that stores nothing, and only with the objects that are asked for. */
import { NO_HOOKS } from '../../config/plan/hooks.js';
import type { BackupPlan, GroupPlan, HooksPlan, ObjectPlan, Plan } from '../../config/plan/plan.js';
import { STORING_NOTHING } from '../../config/plan/sinks/sinks.js';
import { findTask } from '../../config/plan/tasks.js';
import { Failure } from '../../failure/failure.js';

export interface Rehearsal {
  readonly task: string;
  /** The paths of the objects to build; empty for all. */
  readonly only: readonly string[];
}

/** The plan that a dry run of the task runs. Failure USAGE for a routine, and for an object that is not there. */
export function planRehearsal(plan: Plan, { task: id, only }: Rehearsal): Plan {
  const task = findTask(plan, id);
  if (task.type === 'routine') throw refuseRoutine(id);
  const rehearsed: BackupPlan = { ...narrow(task, only), sink: STORING_NOTHING };
  return { ...plan, tasks: new Map([...plan.tasks, [id, rehearsed]]) };
}

/** The programs of a routine cannot be tried out: they do what they do. */
function refuseRoutine(id: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `task "${id}" is a routine: its programs would really run`,
    hint: '--dry-run takes a backup task; --plan shows what a routine would run',
  });
}

function narrow(backup: BackupPlan, only: readonly string[]): BackupPlan {
  if (only.length > 0) requireObjects([backup], only);
  const isWanted = ({ path }: ObjectPlan): boolean => only.length === 0 || only.includes(path);
  return {
    ...backup,
    hooks: hooksOfRehearsal(backup.hooks),
    groups: backup.groups.map((group) => pick(group, isWanted)),
  };
}

/** Failure USAGE when no object has one of these paths. */
export function requireObjects(backups: readonly BackupPlan[], paths: readonly string[]): void {
  const known = backups.flatMap(({ groups }) =>
    groups.flatMap(({ objects }) => objects.map(({ path }) => path)),
  );
  const missing = paths.filter((path) => !known.includes(path));
  if (missing.length === 0) return;
  const tasks = backups.map(({ id }) => `"${id}"`).join(', ');
  const has = backups.length === 1 ? `task ${tasks} has` : `the tasks ${tasks} have`;
  throw new Failure({
    code: 'USAGE',
    message: `${has} no object ${missing.map((path) => `"${path}"`).join(', ')}`,
    hint: `its objects are: ${known.join(', ')}. A task stands before options that take several paths`,
  });
}

/** A group of which nothing is wanted has nothing to prepare. */
function pick(group: GroupPlan, isWanted: (object: ObjectPlan) => boolean): GroupPlan {
  const objects = group.objects.filter(isWanted).map(rehearse);
  const isLeftOut = objects.length === 0 && group.objects.length > 0;
  if (isLeftOut)
    return { ...group, objects, snapshot: undefined, freeze: undefined, hooks: NO_HOOKS };
  return { ...group, objects, hooks: hooksOfRehearsal(group.hooks) };
}

function rehearse(object: ObjectPlan): ObjectPlan {
  return { ...object, hooks: hooksOfRehearsal(object.hooks) };
}

/** What prepares the objects, and undoes that. What acts on a copy, or tells of one, does not run: none is made. */
function hooksOfRehearsal({ before, always }: HooksPlan): HooksPlan {
  return { ...NO_HOOKS, before, always };
}
