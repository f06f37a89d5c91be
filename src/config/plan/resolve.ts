/** From a validated tree to a Plan: ids become what they name, texts become units, absent keys their defaults. */
import { availableParallelism } from 'node:os';
import { assertNever } from '../../failure/failure.js';
import { child, isUnreadable, items } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type { Config, Task } from '../check/types.gen.js';
import type { Cursor } from '../check/validate.js';
import { type Problems, report } from '../read/problems.js';
import type { ConfigNode } from '../read/tree.js';
import { resolveBackup } from './backup.js';
import { findCycles } from './cycles.js';
import { resolveExec } from './exec.js';
import { collectIds } from './ids.js';
import type { ExecPlan, Plan, TaskPlan } from './plan.js';
import { type RoutineScope, resolveRoutine } from './routine.js';
import type { ExecsById } from './stage.js';

const MODULES = ['aws'];

/** The Plan of a config. It is whole only when nothing was reported. */
export function resolvePlan(
  config: Cursor<Config>,
  files: readonly string[],
  problems: Problems,
): Plan {
  reportUnknownModules(config, problems);
  const execs = resolveExecs(config, problems);
  const tasks = resolveTasks(config, execs, problems);
  return {
    files,
    workers: countWorkers(child(config, 'nb-workers', problems)?.value ?? 0),
    verbosity: Math.max(0, child(config, 'vl', problems)?.value ?? 3),
    tasks,
    execs: [...execs.values()].filter((exec) => exec !== undefined),
  };
}

function countWorkers(wanted: number): number {
  if (wanted < 0) return Number.POSITIVE_INFINITY;
  return wanted === 0 ? availableParallelism() : wanted;
}

function reportUnknownModules(config: Cursor<Config>, problems: Problems): void {
  for (const { value, node } of items(child(config, 'modules', problems), problems)) {
    if (MODULES.includes(value)) continue;
    report(problems, {
      code: 'CONFIG_UNKNOWN_ID',
      message: `There is no module "${value}".`,
      hint: suggest(value, MODULES) ?? 'Built in is: "aws".',
      at: node,
    });
  }
}

function resolveExecs(config: Cursor<Config>, problems: Problems): ExecsById {
  const at = child(config, 'execs', problems);
  const ids = collectIds(at?.node, 'exec', problems);
  const execs = new Map<string, ExecPlan | undefined>([...ids.keys()].map((id) => [id, undefined]));
  for (const written of items(at, problems)) {
    const { id } = written.value;
    const exec = resolveExec(written, id, problems);
    // Of two with one id the first stands.
    if (ids.get(id) === written.node) execs.set(id, exec);
  }
  return execs;
}

function resolveTasks(
  config: Cursor<Config>,
  execs: ExecsById,
  problems: Problems,
): ReadonlyMap<string, TaskPlan> {
  const at = child(config, 'tasks', problems);
  const taskIds = collectIds(at?.node, 'task', problems);
  const areExecsKnown = !isUnreadable(config, 'execs', problems);
  const scope = { execs, areExecsKnown, problems, taskIds, pointers: new Map() };
  const plans = items(at, problems).flatMap((task) => resolveTask(task, scope) ?? []);
  reportCycles(scope);
  return new Map(plans.map((plan) => [plan.id, plan]));
}

function resolveTask({ value, node }: Cursor<Task>, scope: RoutineScope): TaskPlan | undefined {
  switch (value.type) {
    case 'backup':
      return resolveBackup({ value, node }, scope);
    case 'routine':
      return resolveRoutine({ value, node }, scope);
    default:
      return assertNever(value);
  }
}

function reportCycles({ problems, taskIds, pointers }: RoutineScope): void {
  const named = (id: string): ReadonlyMap<string, ConfigNode> => pointers.get(id) ?? new Map();
  const graph = new Map([...taskIds.keys()].map((id) => [id, [...named(id).keys()]]));
  for (const cycle of findCycles(graph)) {
    const [from = '', to = ''] = cycle;
    report(problems, {
      code: 'CONFIG_CYCLE',
      message: `A task reaches itself: ${cycle.join(' → ')}.`,
      at: named(from).get(to),
    });
  }
}
