/** Plans for tests that start below the config. */
import { NO_HOOKS } from '../../src/config/plan/hooks.js';
import type {
  BackupPlan,
  ExecPlan,
  GroupPlan,
  ObjectPlan,
  Plan,
  RoutinePlan,
  RoutineStep,
  TaskPlan,
} from '../../src/config/plan/plan.js';
import { NO_RECOVERY } from '../../src/config/plan/recovery.js';
import type { Value } from '../../src/config/plan/value.js';

const PLACE = { file: 'test.jsonc', line: 1, column: 1 };

export function literal(text: string): Value {
  return { type: 'literal', text };
}

export function execPlan(argv: readonly string[], more: Partial<ExecPlan> = {}): ExecPlan {
  return {
    id: undefined,
    place: PLACE,
    argv: argv.map(literal),
    env: new Map(),
    accepted: { min: 0, max: 0 },
    signals: [],
    stdoutLevel: 3,
    stderrLevel: 1,
    cwd: undefined,
    timeout: undefined,
    nice: undefined,
    ionice: undefined,
    user: undefined,
    inverse: undefined,
    ...more,
  };
}

export function shell(script: string, more: Partial<ExecPlan> = {}): ExecPlan {
  return execPlan(['bash', '-c', script], more);
}

export function objectPlan(
  path: string,
  pipeline: readonly ExecPlan[],
  more: Partial<ObjectPlan> = {},
): ObjectPlan {
  return {
    path,
    group: 'default',
    place: PLACE,
    pipeline,
    allocSize: undefined,
    expect: undefined,
    restore: undefined,
    hooks: NO_HOOKS,
    ...more,
  };
}

export function groupPlan(
  id: string,
  depends: readonly string[],
  objects: readonly ObjectPlan[],
): GroupPlan {
  return {
    id,
    depends,
    objects: objects.map((object) => ({ ...object, group: id })),
    snapshot: undefined,
    freeze: undefined,
    hooks: NO_HOOKS,
  };
}

export function backupPlan(
  root: string,
  groups: readonly GroupPlan[],
  more: Partial<BackupPlan> = {},
): BackupPlan {
  return {
    type: 'backup',
    id: 'backup',
    place: PLACE,
    sink: {
      type: 'localfs',
      root,
      directoryMode: 0o750,
      fileMode: 0o640,
      minFree: undefined,
      prefix: { timespec: 'seconds' },
      retention: { copies: { type: 'none' }, size: { type: 'none' }, keep: undefined },
    },
    maxAge: undefined,
    groups,
    sign: undefined,
    drill: undefined,
    hooks: NO_HOOKS,
    recovery: NO_RECOVERY,
    client: undefined,
    ...more,
  };
}

export function routinePlan(
  steps: readonly RoutineStep[],
  more: Partial<RoutinePlan> = {},
): RoutinePlan {
  const own = { steps, keepGoing: false, hooks: NO_HOOKS };
  return { type: 'routine', id: 'r', place: PLACE, ...own, ...more };
}

export function planOf(tasks: readonly TaskPlan[], more: Partial<Plan> = {}): Plan {
  return {
    files: ['test.jsonc'],
    clients: undefined,
    warnings: [],
    workers: 4,
    verbosity: 3,
    tasks: new Map(tasks.map((task) => [task.id, task])),
    execs: [],
    ...more,
  };
}
