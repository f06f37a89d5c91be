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

/** The version of palhm, in manifests. */
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

/** Failure USAGE when the task is none or not a backup. */
export function findBackup(plan: Plan, id: string): BackupPlan {
  const task = findTask(plan, id);
  if (task.type === 'backup') return task;
  throw new Failure({
    code: 'USAGE',
    message: `task "${id}" is a routine: it has no copies`,
    hint: 'name a backup task',
  });
}
