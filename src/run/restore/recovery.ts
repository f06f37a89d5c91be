/**
 * The programs that the config has for a recovery: before anything is brought back, inside of what was brought back, and
 * after. doc/restore.md has which of them run when, and what comes of each failure, as a table.
 */
import { resolve } from 'node:path';
import { NO_HOOKS } from '../../config/plan/hooks.js';
import type { ExecPlan, Plan, RecoveryPlan } from '../../config/plan/plan.js';
import { NO_RECOVERY } from '../../config/plan/recovery.js';
import type { HookKind } from '../../events/events.js';
import { Failure } from '../../failure/failure.js';
import type { Hooked } from '../hooks/hook.js';
import { asLate, runAll } from '../hooks/lists.js';
import type { PartState } from '../hooks/state.js';
import { runContext } from '../objects/run-context.js';
import { asStop } from '../operation/end.js';
import type { RecoveryChoice } from './request.js';
import { type RestoreRun, restoreEnvironment } from './run-objects.js';

/** Those that run. Failure USAGE when a root is named for none. */
export function chooseRecovery(plan: Plan, task: string, choice: RecoveryChoice): RecoveryPlan {
  if (choice.type === 'none') return NO_RECOVERY;
  const { pre, end, post } = recoveryOf(plan, task);
  if (choice.root === undefined) return { pre, end: [], post };
  if (end.length === 0) throw nothingToEnter(task);
  const root = resolve(choice.root);
  const enter = (exec: ExecPlan): ExecPlan => ({ ...exec, root });
  return { pre, end: end.map(enter), post };
}

/** All that the config has. A copy may be of a task that it does not have. */
export function recoveryOf({ tasks }: Plan, task: string): RecoveryPlan {
  const found = tasks.get(task);
  return found?.type === 'backup' ? found.recovery : NO_RECOVERY;
}

function nothingToEnter(task: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `--chroot runs nothing: the config in use has no "end-recovery" for task "${task}"`,
    hint: 'leave it away, or name the config that has it with -f',
  });
}

/** A person who brings a whole machine back has to know of what does not run. */
export function warnOfLeftOut({ operation, request, copy }: RestoreRun): void {
  const { recovery } = request;
  if (recovery.type === 'none' || recovery.root !== undefined) return;
  if (recoveryOf(operation.plan, copy.task).end.length === 0) return;
  const message =
    '"end-recovery" is not run: there is no --chroot DIR, the directory of the system that was brought back';
  operation.emit({ type: 'warning', message, details: [] });
}

/**
 * Does the work between the programs; it returns where the objects went. Failure HOOK_FAILED of those before it and of those
 * inside of what it has brought back. What fails behind them goes to the aftermath: all is back.
 */
export async function aroundRecovery(
  run: RestoreRun,
  work: () => Promise<string>,
): Promise<string> {
  const { pre, end, post } = run.recovery;
  try {
    await runList(run, { kind: 'pre-recovery', execs: pre, state: { state: 'running' } });
  } catch (error) {
    throw addDetails(error, ['Nothing was brought back.']);
  }
  let target: string;
  try {
    target = await work();
  } catch (error) {
    throw pre.length === 0 ? error : addDetails(error, [PRE_STAYS]);
  }
  const size = run.copy.objects.reduce((sum, object) => sum + object.size, 0);
  try {
    await runList(
      run,
      { kind: 'end-recovery', execs: end, state: { state: 'running', size } },
      target,
    );
  } catch (error) {
    throw addDetails(error, [
      'The objects are back, and stay.',
      ...(post.length === 0 ? [] : [NO_POST]),
    ]);
  }
  try {
    await runList(
      run,
      { kind: 'post-recovery', execs: post, state: { state: 'done', size } },
      target,
    );
  } catch (error) {
    const late = asStop(run.operation, error);
    run.operation.aftermath.add(late instanceof Failure ? asLate(late) : late);
  }
  return target;
}

const PRE_STAYS = 'What "pre-recovery" has done stays as it is.';
const NO_POST = '"post-recovery" was not run.';

function addDetails(error: unknown, details: readonly string[]): unknown {
  return error instanceof Failure ? error.withDetails(details) : error;
}

interface RecoveryList {
  readonly kind: HookKind;
  readonly execs: readonly ExecPlan[];
  readonly state: PartState;
}

async function runList(
  { operation, copy, request }: RestoreRun,
  list: RecoveryList,
  target?: string,
): Promise<void> {
  const { task, prefix } = copy;
  // Where --apply leads is told for people only.
  const isPlace = request.way.type !== 'apply' && request.way.type !== 'stdout';
  const environment = restoreEnvironment(copy, isPlace ? target : undefined);
  const hooked: Hooked = {
    part: 'task',
    name: task,
    hooks: NO_HOOKS,
    context: { ...runContext(operation, { task, prefix }), environment },
    signal: operation.signal,
  };
  await runAll(operation, hooked, list);
}
