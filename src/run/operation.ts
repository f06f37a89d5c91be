/** What every operation of palhm is given: the plan, where to say what happens, how it is stopped, what time it is. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { BackupPlan, Plan, TaskPlan } from '../config/plan.js';
import type { Emit } from '../events/events.js';
import { Failure } from '../failure/failure.js';
import type { SignalGate } from './signals.js';

export interface Operation {
  readonly plan: Plan;
  readonly emit: Emit;
  readonly signals: SignalGate;
  /** Epoch milliseconds; a clock that can be wrong. */
  readonly clock: () => number;
}

/** The name of this host, in manifests and in the environment of stages. */
export const HOST = hostname();

/** The version of palhm, in manifests and for `--version`. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown';
}

/** Failure USAGE when the config has no such task. */
export function findTask(plan: Plan, id: string): TaskPlan {
  const task = plan.tasks.get(id);
  if (task !== undefined) return task;
  throw new Failure({
    code: 'USAGE',
    message: `there is no task "${id}" in ${plan.files[0] ?? 'the config'}`,
    hint:
      plan.tasks.size === 0
        ? 'define one under "tasks"'
        : `name one of: ${[...plan.tasks.keys()].join(', ')}`,
  });
}

/** The backup task of this id, or the only one when no id is given. Failure USAGE. */
export function findBackup(plan: Plan, id: string | undefined): BackupPlan {
  const task = id === undefined ? findOnlyBackup(plan) : findTask(plan, id);
  if (task.type === 'backup') return task;
  throw new Failure({
    code: 'USAGE',
    message: `task "${task.id}" is a routine: it has no copies`,
    hint: 'name a backup task',
  });
}

function findOnlyBackup(plan: Plan): BackupPlan {
  const backups = [...plan.tasks.values()].filter((task) => task.type === 'backup');
  const [only, ...others] = backups;
  if (only !== undefined && others.length === 0) return only;
  throw new Failure({
    code: 'USAGE',
    message:
      only === undefined ? 'the config has no backup task' : 'the config has several backup tasks',
    hint: `name one of: ${backups.map(({ id }) => id).join(', ')}`,
  });
}
