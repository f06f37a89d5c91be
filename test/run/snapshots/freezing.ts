/** Freezes for tests, as the group "g" of a task does. */
import assert from 'node:assert/strict';
import { NO_HOOKS } from '../../../src/config/plan/hooks.js';
import type { FreezeMeans, FreezePlan } from '../../../src/config/plan/plan.js';
import { Failure } from '../../../src/failure/failure.js';
import type { Hooked } from '../../../src/run/hooks/hook.js';
import { runContext } from '../../../src/run/objects/run-context.js';
import { type Frozen, whileFrozen } from '../../../src/run/snapshots/freeze.js';
import type { Printed } from '../../../src/run/snapshots/hold.js';
import type { Still } from '../../../src/snapshot/provider.js';
import type { Stand } from '../../rig/stand.js';

interface Freezing {
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
  readonly still?: Still;
  /** Gets what else has failed. */
  readonly aftermath?: unknown[];
}

interface FreezeEnd<T> {
  readonly end: Frozen<T>;
  readonly frozenMs: number | undefined;
  readonly printed: Printed | undefined;
}

export function freezeIn(stand: Stand) {
  return async <T>(
    means: FreezeMeans,
    work: (signal: AbortSignal) => Promise<T>,
    { maxMs = 20_000, signal = new AbortController().signal, still, aftermath = [] }: Freezing = {},
  ): Promise<FreezeEnd<T>> => {
    const operation = stand.operation([]);
    const context = { ...runContext(operation, { task: 't' }), environment: {} };
    const hooked: Hooked = { part: 'group', name: 'g', hooks: NO_HOOKS, context, signal };
    const place = { file: 'test.jsonc', line: 1, column: 1 };
    const plan: FreezePlan = { place, max: { ms: maxMs }, means };
    let frozenMs: number | undefined;
    const onThawed = (ms: number): void => {
      frozenMs = ms;
    };
    let printed: Printed | undefined;
    const onPrinted = (one: Printed): void => {
      printed = one;
    };
    const reads = 'its snapshot was taken';
    const wanted = { hooked, plan, still, reads, onThawed, onPrinted };
    const end = await whileFrozen(operation, wanted, work).finally(() =>
      aftermath.push(...operation.aftermath.failures),
    );
    return { end, frozenMs, printed };
  };
}

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => assert.fail('it should have failed'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}
