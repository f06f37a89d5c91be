/** A routine task: its steps. */
import { assertNever } from '../../failure/failure.js';
import { type Cursor, child, items, parseAt } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type {
  BuiltinElement,
  ClientsElement,
  RoutineElement,
  RoutineTask,
  SigmaskChange as SigmaskElement,
  TaskElement,
} from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import { shownTextOf } from '../read/masked-text.js';
import { placeOf } from '../read/source.js';
import type { ConfigNode } from '../read/tree.js';
import { resolveHooks } from './hooks.js';
import { reportUnknownId } from './ids.js';
import type { RoutinePlan, RoutineStep, SigmaskChange } from './plan.js';
import { parseSignal } from './signals.js';
import { refuseFactsOf, resolveStage, type Scope } from './stage.js';

export function resolveRoutine(at: Cursor<RoutineTask>, scope: Scope): RoutinePlan {
  const steps = items(child(at, 'routine', scope.problems), scope.problems);
  const keepGoing = child(at, 'keep-going', scope.problems)?.value ?? false;
  return {
    type: 'routine',
    id: at.value.id,
    place: placeOf(at.node),
    steps: steps.flatMap((step) =>
      step.value.type === 'clients'
        ? resolveClientsStep(step.node, { ...scope, keepGoing })
        : (resolveStep({ value: step.value, node: step.node }, scope) ?? []),
    ),
    keepGoing,
    hooks: resolveHooks(at, { part: 'routine' }, scope),
  };
}

/** The tasks that a routine names, each with the first node that names it. */
export function tasksNamedBy(
  at: Cursor<RoutineTask>,
  { taskIds, problems }: Scope,
): ReadonlyMap<string, ConfigNode> {
  const named = new Map<string, ConfigNode>();
  for (const { value, node } of items(child(at, 'routine', problems), problems)) {
    const id = value.type === 'task' ? child({ value, node }, 'task-id', problems) : undefined;
    if (id !== undefined && taskIds.has(id.value) && !named.has(id.value))
      named.set(id.value, id.node);
  }
  return named;
}

/** Every client that wants a backup, also one whose config is wrong: its step fails. */
function resolveClientsStep(
  at: ConfigNode,
  { clientIds, problems, keepGoing }: Scope & Pick<RoutinePlan, 'keepGoing'>,
): RoutineStep[] {
  if (clientIds === undefined) {
    const message = 'There are no clients: the config has no "clients".';
    report(problems, { code: 'CONFIG_UNKNOWN_ID', message, at });
    return [];
  }
  if (!keepGoing) {
    const message =
      'One client that is wrong would cost the others their backup: a routine with this step has "keep-going": true.';
    report(problems, { code: 'CONFIG_VALUE', message, at });
  }
  return clientIds.map((taskId) => ({ type: 'task', taskId }));
}

type OwnElement = Exclude<RoutineElement, ClientsElement>;

function resolveStep(at: Cursor<OwnElement>, scope: Scope): RoutineStep | undefined {
  const { value, node } = at;
  switch (value.type) {
    case 'task':
      return resolveTaskStep({ value, node }, scope);
    case 'builtin':
      return { type: 'sigmask', changes: resolveSigmask({ value, node }, scope.problems) };
    case 'exec':
    case 'exec-append':
    case 'exec-inline': {
      const exec = resolveStage({ value, node }, scope);
      if (exec === undefined) return undefined;
      refuseFactsOf(exec, node, {
        facts: ['run:prefix', 'run:object'],
        problems: scope.problems,
      });
      return { type: 'exec', exec };
    }
    default:
      return assertNever(value);
  }
}

function resolveTaskStep(
  at: Cursor<TaskElement>,
  { problems, taskIds }: Scope,
): RoutineStep | undefined {
  const id = child(at, 'task-id', problems);
  if (id === undefined) return undefined;
  if (taskIds.has(id.value)) return { type: 'task', taskId: id.value };
  reportUnknownId(id, `There is no task "${id.value}".`, { known: taskIds, problems });
  return undefined;
}

function resolveSigmask(at: Cursor<BuiltinElement>, problems: Problems): readonly SigmaskChange[] {
  return items(child(at, 'param', problems), problems).flatMap(
    (change) => resolveChange(change, problems) ?? [],
  );
}

function resolveChange(at: Cursor<SigmaskElement>, problems: Problems): SigmaskChange | undefined {
  const action = child(at, 'action', problems);
  const signals = items(child(at, 'sig', problems), problems).flatMap(
    (signal) => resolveMaskable(signal, problems) ?? [],
  );
  const word = action?.value.toLowerCase();
  if (word === 'block' || word === 'unblock') return { action: word, signals };
  if (action === undefined) return undefined;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `"action" must be one of "block", "unblock", not ${shownTextOf(action.node)}.`,
    hint: suggest(action.value, ['block', 'unblock']),
    at: action.node,
  });
  return undefined;
}

/** signal(7): SIGKILL and SIGSTOP cannot be caught, blocked or ignored. */
function resolveMaskable(
  at: Cursor<string | number>,
  problems: Problems,
): NodeJS.Signals | undefined {
  const signal = parseAt(at, parseSignal, problems);
  if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') return signal;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `${signal} cannot be blocked: the kernel does not allow it.`,
    at: at.node,
  });
  return undefined;
}
