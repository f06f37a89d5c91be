/** Hooks around a task. doc/hooks.md has their order, and what comes of each failure, as a table. */

import { realpath } from 'node:fs/promises';
import { execsOfHooks } from '../../config/plan/hooks.js';
import type { Plan, TaskPlan } from '../../config/plan/plan.js';
import { stageName } from '../../exec/command.js';
import type { FileLock } from '../../host/file-lock.js';
import { takeHostLock } from '../../host/host-lock.js';
import { HOLDER_NOTES } from '../../wire/lock-holder.js';
import { runContext } from '../objects/run-context.js';
import { learnKnown } from '../objects/secrets.js';
import { type Bracket, type Outcome, within } from '../operation/bracket.js';
import { asStop } from '../operation/end.js';
import type { Operation } from '../operation/operation.js';
import type { Ledger } from '../task/ledger.js';
import { asksToSkip, type FailedHook, type Hooked, SKIP } from './hook.js';
import { asLate, runEach, runUntilFailure } from './lists.js';
import type { PartState } from './state.js';

const LONGEST_REASON = 300;

export interface AroundTask {
  readonly task: TaskPlan;
  readonly ledger: Ledger;
  /** How long to wait for another run of the task to end; 0: not at all. */
  readonly waitMs: number;
}

/** Thrown by a task that its own hook skips, so that its brackets close. */
class Skipped extends Error {}

/**
 * Does the work between the hooks. Returns why it was skipped, if it was. What fails in hooks after the work goes to the
 * aftermath. Failure HOOK_FAILED of a `before`; LOCKED when another run of the task is between its hooks.
 */
export async function aroundTask(
  operation: Operation,
  around: AroundTask,
  work: () => Promise<void>,
): Promise<string | undefined> {
  const { hooks, id } = around.task;
  const execs = execsOfHooks(hooks);
  if (execs.length === 0) {
    await work();
    return undefined;
  }
  // A hook may make what a later one needs.
  await learnKnown(operation, id, execs);
  try {
    await within(operation, lockBracket(operation, around), () =>
      within(operation, hooksBracket(operation, around), async () => {
        const hooked = hookedOf(operation, around);
        const before = { kind: 'before', execs: hooks.before, state: RUNNING } as const;
        const failed = await runUntilFailure(operation, hooked, before);
        if (failed !== undefined && asksToSkip(failed.end))
          throw new Skipped(wordSkip(operation, failed));
        if (failed !== undefined) throw failed.failure;
        await work();
        await runAfter(operation, around);
      }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof Skipped) return error.message;
    throw error;
  }
}

const RUNNING: PartState = { state: 'running' };

/** The hooks of two runs of one task do not mix: one would take away what the other has just made. */
function lockBracket(
  { plan, host, emit }: Operation,
  { task, waitMs }: AroundTask,
): Bracket<FileLock> {
  const what = `task "${task.id}"`;
  const lock = async () => ({
    key: ['task', await identifyConfig(plan), task.id],
    what,
    notes: HOLDER_NOTES,
  });
  return {
    name: `the lock of ${what}`,
    open: async (signal) =>
      takeHostLock(await lock(), host.environment, {
        task: task.id,
        waitMs,
        signal,
        onWait: (holder) => emit({ type: 'lock-waiting', root: what, holder }),
      }),
    close: (taken) => taken.release(),
  };
}

/** A file by whatever name; what came through a pipe by its name and what it says. */
async function identifyConfig({ files: [file = ''], tasks }: Plan): Promise<string> {
  return await realpath(file).then(
    (path) => path,
    () => JSON.stringify([file, [...tasks.values()].map(describeTask)]),
  );
}

function describeTask(task: TaskPlan): unknown {
  return task.type === 'backup' ? [task.id, task.sink] : [task.id];
}

function hooksBracket(operation: Operation, around: AroundTask): Bracket<void> {
  return {
    name: `the hooks of task "${around.task.id}"`,
    open: () => Promise.resolve(),
    async close(_, outcome) {
      const hooked = hookedOf(operation, around);
      const state = endOfTask(operation, around, outcome);
      const { onError, always } = around.task.hooks;
      if (state.error !== undefined)
        await runEach(operation, hooked, { kind: 'on-error', execs: onError, state });
      await runEach(operation, hooked, { kind: 'always', execs: always, state });
    },
  };
}

/** The work is done: a failure, or a signal, costs nothing of it any more. */
async function runAfter(operation: Operation, around: AroundTask): Promise<void> {
  const state = endOfTask(operation, around, { type: 'done' });
  const hooked = hookedOf(operation, around);
  try {
    const { after: execs } = around.task.hooks;
    const failed = await runUntilFailure(operation, hooked, { kind: 'after', execs, state });
    if (failed !== undefined) operation.aftermath.add(asLate(failed.failure));
  } catch (error) {
    operation.aftermath.add(asStop(operation, error));
  }
}

function endOfTask(operation: Operation, { ledger }: AroundTask, outcome: Outcome): PartState {
  if (outcome.type === 'failed') {
    const { error } = outcome;
    return error instanceof Skipped
      ? { state: 'skipped' }
      : { state: 'failed', error: ledger.nameObject(asStop(operation, error)) };
  }
  const [error] = operation.aftermath.failures;
  const state = error === undefined ? 'done' : 'afterwards';
  return { state, error, ...copyOf(ledger) };
}

function copyOf(ledger: Ledger): Pick<PartState, 'size' | 'prefix'> {
  const { copy } = ledger.report();
  return { size: copy?.size, prefix: copy?.prefix };
}

function hookedOf(operation: Operation, { task, ledger }: AroundTask): Hooked {
  const { prefix } = copyOf(ledger);
  const context = { ...runContext(operation, { task: task.id, prefix }), environment: {} };
  return { part: 'task', name: task.id, hooks: task.hooks, context, signal: operation.signal };
}

/** `before, check-disk, ended with 75: the disk is not plugged in`. */
function wordSkip({ redactor }: Operation, { exec, called, end }: FailedHook): string {
  const words =
    redactor
      .redact(end?.stderr ?? '')
      .trimEnd()
      .split('\n')
      .at(-1) ?? '';
  const why = words === '' ? '' : `: ${words.slice(0, LONGEST_REASON)}`;
  return `${called}, ${stageName(exec)}, ended with ${SKIP}${why}`;
}
