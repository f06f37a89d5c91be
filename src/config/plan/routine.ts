/** A routine task: its steps. */
import { assertNever } from '../../failure/failure.js';
import { child, items, parseAt } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type {
  BuiltinElement,
  RoutineElement,
  RoutineTask,
  TaskElement,
  SigmaskChange as WrittenChange,
} from '../check/types.gen.js';
import type { Cursor } from '../check/validate.js';
import { type Problems, report } from '../read/problems.js';
import { placeOf, textOf } from '../read/source.js';
import type { ConfigNode } from '../read/tree.js';
import type { RoutinePlan, RoutineStep, SigmaskChange } from './plan.js';
import { parseSignal } from './signals.js';
import { type ExecScope, resolveStage } from './stage.js';

export interface RoutineScope extends ExecScope {
  /** The ids of all tasks. */
  readonly taskIds: ReadonlyMap<string, ConfigNode>;
  /** Where a task names another: filled here, for the search for circles. */
  readonly pointers: Map<string, Map<string, ConfigNode>>;
}

export function resolveRoutine(at: Cursor<RoutineTask>, scope: RoutineScope): RoutinePlan {
  const { id } = at.value;
  const written = items(child(at, 'routine', scope.problems), scope.problems);
  const steps = written.flatMap((step) => resolveStep(step, id, scope) ?? []);
  return { type: 'routine', id, place: placeOf(at.node), steps };
}

function resolveStep(
  at: Cursor<RoutineElement>,
  task: string,
  scope: RoutineScope,
): RoutineStep | undefined {
  const { value, node } = at;
  switch (value.type) {
    case 'task':
      return resolveTaskPointer({ value, node }, task, scope);
    case 'builtin':
      return { type: 'sigmask', changes: resolveSigmask({ value, node }, scope.problems) };
    case 'exec':
    case 'exec-append':
    case 'exec-inline': {
      const exec = resolveStage({ value, node }, scope);
      return exec === undefined ? undefined : { type: 'exec', exec };
    }
    default:
      return assertNever(value);
  }
}

function resolveTaskPointer(
  at: Cursor<TaskElement>,
  task: string,
  { problems, taskIds, pointers }: RoutineScope,
): RoutineStep | undefined {
  const id = child(at, 'task-id', problems);
  if (id === undefined) return undefined;
  if (!taskIds.has(id.value)) {
    report(problems, {
      code: 'CONFIG_UNKNOWN_ID',
      message: `There is no task "${id.value}".`,
      hint: suggest(id.value, taskIds.keys()),
      at: id.node,
    });
    return undefined;
  }
  const named = pointers.get(task) ?? new Map<string, ConfigNode>();
  if (!named.has(id.value)) named.set(id.value, id.node);
  pointers.set(task, named);
  return { type: 'task', taskId: id.value };
}

function resolveSigmask(at: Cursor<BuiltinElement>, problems: Problems): readonly SigmaskChange[] {
  return items(child(at, 'param', problems), problems).flatMap(
    (change) => resolveChange(change, problems) ?? [],
  );
}

function resolveChange(at: Cursor<WrittenChange>, problems: Problems): SigmaskChange | undefined {
  const action = child(at, 'action', problems);
  const signals = items(child(at, 'sig', problems), problems).flatMap(
    (signal) => resolveMaskable(signal, problems) ?? [],
  );
  const word = action?.value.toLowerCase();
  if (word === 'block' || word === 'unblock') return { action: word, signals };
  if (action === undefined) return undefined;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `"action" must be one of "block", "unblock", not ${textOf(action.node)}.`,
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
