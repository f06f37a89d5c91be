/** What goes wrong between palhm and LXD, in words for people. */
import type { LxdPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { isUnreachable, Refusal } from './api.js';
import { clientOf, socketOf } from './entrance.js';

/** Failure SNAPSHOT_FAILED for what the daemon says, and for one that does not answer. */
export async function asSnapshotFailure<T>(
  plan: LxdPlan,
  doing: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = whyRefused(plan, error);
    if (why === undefined) throw error;
    throw new Failure({
      code: 'SNAPSHOT_FAILED',
      message: `cannot ${doing}: ${why}`,
      hint: `see what "palhm config check" says of the snapshot, and "${clientOf(plan)} info ${plan.instance}"`,
      cause: error,
    });
  }
}

/** Undefined for what is no trouble with the daemon. */
export function whyRefused(plan: LxdPlan, error: unknown): string | undefined {
  if (error instanceof Refusal) return error.message;
  if (isUnreachable(error)) return `${socketOf(plan)} does not answer: ${messageOf(error)}`;
  return undefined;
}
