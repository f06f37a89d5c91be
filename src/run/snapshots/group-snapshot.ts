/** The snapshot that the objects of a group read: taken before the first of them, and removed after the last, on every path. */
import type { SnapshotPlan } from '../../config/plan/plan.js';
import type { SnapshotFacts } from '../../exec/facts.js';
import type { Snapshot, SnapshotName } from '../../snapshot/provider.js';
import { describeSource, openProvider } from '../../snapshot/registry.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';

/** The snapshot that the objects of a group read. */
export interface GroupSnapshot {
  readonly facts: SnapshotFacts;
  /** What it is of, for people. */
  readonly source: string;
  /** Epoch milliseconds by the clock of the host, just before the instant that it shows. */
  readonly taken: number;
}

export interface WantedSnapshot {
  readonly group: string;
  readonly plan: SnapshotPlan;
  readonly name: SnapshotName;
  readonly signal: AbortSignal;
}

/** Does the work while the snapshot is there. Failure SNAPSHOT_FAILED. */
export async function withSnapshot<R>(
  operation: Operation,
  wanted: WantedSnapshot,
  work: (snapshot: GroupSnapshot) => Promise<R>,
): Promise<R> {
  const { aftermath } = operation;
  const scope = { signal: wanted.signal, aftermath };
  return await within(scope, snapshotBracket(operation, wanted), ({ taken, snapshot }) =>
    work({ facts: snapshot.facts, source: describeSource(wanted.plan.source), taken }),
  );
}

function snapshotBracket(
  { emit, host }: Operation,
  { group, plan, name }: WantedSnapshot,
): Bracket<{ readonly taken: number; readonly snapshot: Snapshot }> {
  const source = describeSource(plan.source);
  return {
    name: `the snapshot of ${source}`,
    async open(signal) {
      const provider = await openProvider(plan.source);
      for (const { what } of await provider.tidy(signal))
        emit({ type: 'leftover-removed', what, processes: 0 });
      const taken = host.clock();
      const startedAt = performance.now();
      const snapshot = await provider.take(name, signal);
      const durationMs = performance.now() - startedAt;
      emit({ type: 'snapshot-taken', group, source, durationMs });
      if (snapshot.gaps.length > 0)
        emit({
          type: 'warning',
          message: `the snapshot of ${source} has gaps`,
          details: snapshot.gaps,
        });
      return { taken, snapshot };
    },
    async close({ snapshot }) {
      await snapshot.release();
      emit({ type: 'snapshot-removed', group, source });
    },
  };
}
