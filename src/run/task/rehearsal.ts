/** A dry run: the plan with a sink that stores nothing, and only with the objects that are asked for. */
import type { BackupPlan, GroupPlan, Plan } from '../../config/plan/plan.js';
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
  if (only.length === 0) return backup;
  requireObjects([backup], only);
  return { ...backup, groups: backup.groups.map((group) => pick(group, only)) };
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
    hint: `its objects are: ${known.join(', ')}`,
  });
}

function pick(group: GroupPlan, only: readonly string[]): GroupPlan {
  return { ...group, objects: group.objects.filter(({ path }) => only.includes(path)) };
}
