/** From a validated tree to a Plan: replaces ids by what they name, parses units, fills in defaults. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { assertNever } from '../../failure/failure.js';
import { type Cursor, child, isUnreadable, items } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type { Config, Task } from '../check/types.gen.js';
import type { ClientFile } from '../read/client-files.js';
import { type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';
import { resolveBackup } from './backup.js';
import { resolveClients } from './clients/clients.js';
import { findCycles, findLongChain, showCycle } from './dependencies.js';
import { resolveExec } from './exec.js';
import { collectIds } from './ids.js';
import type { ExecPlan, Plan, TaskPlan } from './plan.js';
import { resolveRoutine, tasksNamedBy } from './routine.js';
import type { ExecsById, Scope } from './stage.js';

const MODULES = ['aws'];

/** How many tasks may run each other in a row: each runs inside the one that names it. */
const LONGEST_CHAIN = 100;

interface Files {
  /** Of the host's own config. */
  readonly files: readonly string[];
  readonly clientFiles: readonly ClientFile[];
}

/** The Plan is complete only when nothing was reported. */
export function resolvePlan(
  config: Cursor<Config>,
  { files, clientFiles }: Files,
  problems: Problems,
): Plan {
  reportUnknownModules(config, problems);
  const execs = resolveExecs(config, problems);
  const at = clientDirectoryOf(config);
  return {
    files,
    clients: at && resolve(at.source.directory, at.value),
    warnings: problems.warnings,
    workers: countWorkers(child(config, 'nb-workers', problems)?.value ?? 0),
    verbosity: Math.max(0, child(config, 'vl', problems)?.value ?? 3),
    tasks: resolveTasks(config, { execs, clientFiles }, problems),
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
  for (const definition of items(at, problems)) {
    const { id } = definition.value;
    const exec = resolveExec(definition, id, problems);
    // When two have the same id, the first is taken.
    if (ids.get(id) === definition.node) execs.set(id, exec);
  }
  return execs;
}

function resolveTasks(
  config: Cursor<Config>,
  known: { readonly execs: ExecsById; readonly clientFiles: readonly ClientFile[] },
  problems: Problems,
): ReadonlyMap<string, TaskPlan> {
  const at = child(config, 'tasks', problems);
  const tasks = items(at, problems);
  const execs = isUnreadable(config, 'execs', problems) ? undefined : known.execs;
  const taskIds = new Set(collectIds(at?.node, 'task', problems).keys());
  const given = child(config, 'clients', problems);
  const clients = resolveClients(given, { execs, taskIds, files: known.clientFiles, problems });
  const present = clients.filter(({ client }) => client?.state !== 'absent').map(({ id }) => id);
  const clientIds = config.value.clients === undefined ? undefined : present;
  const scope: Scope = { execs, taskIds, clientIds, problems };
  const plans = tasks.flatMap((task) => resolveTask(task, scope) ?? []);
  reportCycles(tasks, scope);
  return new Map([...plans, ...clients].map((plan) => [plan.id, plan]));
}

/** The node of a directory that is a string; what else it may be is reported elsewhere. */
export function clientDirectoryOf({
  node,
}: Cursor<Config>): (ConfigNode & { readonly value: string }) | undefined {
  const clients = node.type === 'object' ? node.entries.get('clients')?.value : undefined;
  const at = clients?.type === 'object' ? clients.entries.get('directory')?.value : undefined;
  if (at?.type !== 'scalar' || typeof at.value !== 'string' || at.value === '') return undefined;
  return { ...at, value: at.value };
}

function resolveTask({ value, node }: Cursor<Task>, scope: Scope): TaskPlan | undefined {
  switch (value.type) {
    case 'backup':
      return resolveBackup({ value, node }, scope);
    case 'routine':
      return resolveRoutine({ value, node }, scope);
    default:
      return assertNever(value);
  }
}

function reportCycles(tasks: readonly Cursor<Task>[], scope: Scope): void {
  const named = new Map(
    tasks.flatMap(({ value, node }) =>
      value.type === 'routine' ? [[value.id, tasksNamedBy({ value, node }, scope)] as const] : [],
    ),
  );
  const graph = new Map([...named].map(([id, targets]) => [id, [...targets.keys()]]));
  const cycles = findCycles(graph);
  for (const cycle of cycles) {
    const [from = '', to = ''] = cycle;
    report(scope.problems, {
      code: 'CONFIG_CYCLE',
      message: `A task reaches itself: ${showCycle(cycle)}.`,
      at: named.get(from)?.get(to),
    });
  }
  const first = cycles.length === 0 ? findLongChain(graph, LONGEST_CHAIN) : undefined;
  if (first === undefined) return;
  const [next] = named.get(first)?.values() ?? [];
  report(scope.problems, {
    code: 'CONFIG_VALUE',
    message: `Tasks run each other in a chain of more than ${LONGEST_CHAIN}.`,
    at: next,
  });
}
