/** The snapshot that the objects of a group read: taken before the first of them, and removed after the last, on every path. */
import type { SnapshotPlan } from '../../config/plan/plan.js';
import type { SnapshotFacts } from '../../exec/facts.js';
import type { Provider, Snapshot, SnapshotName } from '../../snapshot/provider.js';
import { describeSource, openProvider } from '../../snapshot/registry.js';
import type { Hooked } from '../hooks/hook.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { whileFrozen } from './freeze.js';

/** The snapshot that the objects of a group read. */
export interface GroupSnapshot {
  readonly facts: SnapshotFacts;
  /** What it is of, for people. */
  readonly source: string;
  /** Epoch milliseconds by the clock of the host, just before the instant that it shows. */
  readonly taken: number;
  /** How long something was frozen for it, in milliseconds; undefined: nothing was. */
  readonly frozenMs: number | undefined;
}

export interface WantedSnapshot {
  readonly plan: SnapshotPlan;
  readonly name: SnapshotName;
  /** The group, with what its programs get. */
  readonly hooked: Hooked;
}

/** Does the work while the snapshot is there. Failure SNAPSHOT_FAILED, HOOK_FAILED, FREEZE_EXPIRED. */
export async function withSnapshot<R>(
  operation: Operation,
  wanted: WantedSnapshot,
  work: (snapshot: GroupSnapshot) => Promise<R>,
): Promise<R> {
  const { plan, hooked } = wanted;
  const scope = { signal: hooked.signal, aftermath: operation.aftermath };
  return await within(scope, snapshotBracket(operation, wanted), ({ snapshot, ...taking }) =>
    work({ facts: snapshot.facts, source: describeSource(plan.source), ...taking }),
  );
}

interface Taken extends Pick<GroupSnapshot, 'taken' | 'frozenMs'> {
  readonly snapshot: Snapshot;
}

function snapshotBracket(operation: Operation, wanted: WantedSnapshot): Bracket<Taken> {
  const { emit } = operation;
  const group = wanted.hooked.name;
  const source = describeSource(wanted.plan.source);
  return {
    name: `the snapshot of ${source}`,
    async open(signal) {
      const provider = await openProvider(wanted.plan.source);
      for (const { what } of await provider.tidy(signal))
        emit({ type: 'leftover-removed', what, processes: 0 });
      const taken = await take(operation, wanted, provider);
      const { gaps } = taken.snapshot;
      if (gaps.length > 0)
        emit({ type: 'warning', message: `the snapshot of ${source} has gaps`, details: gaps });
      return taken;
    },
    async close({ snapshot }) {
      await snapshot.release();
      emit({ type: 'snapshot-removed', group, source });
    },
  };
}

async function take(
  operation: Operation,
  { plan, name, hooked }: WantedSnapshot,
  provider: Provider,
): Promise<Taken> {
  const { emit, host } = operation;
  let taken = host.clock();
  const takeNow = async (signal: AbortSignal): Promise<Snapshot> => {
    taken = host.clock();
    const startedAt = performance.now();
    const snapshot = await provider.take(name, signal);
    const durationMs = performance.now() - startedAt;
    const source = describeSource(plan.source);
    emit({ type: 'snapshot-taken', group: hooked.name, source, durationMs });
    return snapshot;
  };
  const { freeze } = plan;
  if (freeze === undefined)
    return { snapshot: await takeNow(hooked.signal), taken, frozenMs: undefined };
  const {
    value: snapshot,
    frozenMs,
    problem,
  } = await whileFrozen(operation, { hooked, plan: freeze }, takeNow);
  if (problem === undefined) return { snapshot, taken, frozenMs };
  await snapshot.release().catch((error: unknown) => operation.aftermath.add(error));
  throw problem;
}
