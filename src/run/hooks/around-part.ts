/** Hooks around a group or an object. doc/hooks.md has their order, and what comes of each failure, as a table. */
import { execsOfHooks } from '../../config/plan/hooks.js';
import { type Outcome, within } from '../operation/bracket.js';
import { isStop } from '../operation/end.js';
import type { Operation } from '../operation/operation.js';
import type { Hooked } from './hook.js';
import { runAll, runEach } from './lists.js';
import type { PartState } from './state.js';

export interface AroundPart<R> extends Hooked {
  /** The bytes that the work has stored. */
  readonly sizeOf: (result: R) => number;
}

/**
 * Does the work between the hooks. When one of `before` or `after` fails, the work has failed; what fails in the others goes
 * to the aftermath. Failure HOOK_FAILED.
 */
export async function aroundPart<R>(
  operation: Operation,
  around: AroundPart<R>,
  work: () => Promise<R>,
): Promise<R> {
  const { signal, name, part, hooks, sizeOf } = around;
  if (execsOfHooks(hooks).length === 0) return await work();
  let size: number | undefined;
  const bracket = {
    name: `the hooks of ${part} "${name}"`,
    open: () => Promise.resolve(),
    async close(_: void, outcome: Outcome): Promise<void> {
      const state = { ...endOfPart(around, outcome), size };
      if (state.state === 'failed')
        await runEach(operation, around, { kind: 'on-error', execs: hooks.onError, state });
      await runEach(operation, around, { kind: 'always', execs: hooks.always, state });
    },
  };
  return await within({ signal, aftermath: operation.aftermath }, bracket, async () => {
    const running: PartState = { state: 'running' };
    await runAll(operation, around, { kind: 'before', execs: hooks.before, state: running });
    const result = await work();
    size = sizeOf(result);
    const done: PartState = { state: 'done', size };
    await runAll(operation, around, { kind: 'after', execs: hooks.after, state: done });
    return result;
  });
}

function endOfPart(hooked: Hooked, outcome: Outcome): PartState {
  if (outcome.type === 'done') return { state: 'done' };
  const { error } = outcome;
  return isStop(hooked, error) ? { state: 'cancelled' } : { state: 'failed', error };
}
