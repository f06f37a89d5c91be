/** The snapshot that the objects of a group read: taken before the first of them, and removed after the last, on every path. */
import type { SnapshotPlan } from '../../config/plan/plan.js';
import { FREEZE_MAX } from '../../config/plan/snapshots/freeze.js';
import { resolveValue } from '../../exec/values.js';
import { Failure, failureOf, messageOf } from '../../failure/failure.js';
import type { Provider, Snapshot, SnapshotName } from '../../snapshot/provider.js';
import { describeSource, openProvider } from '../../snapshot/registry.js';
import type { Hooked } from '../hooks/hook.js';
import type { GroupFacts } from '../objects/objects.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { type WantedFreeze, whileFrozen } from './freeze.js';

/** The snapshot that the objects of a group read. */
export interface GroupSnapshot {
  readonly facts: GroupFacts;
  /** What it is of, for people. */
  readonly source: string;
  /** Epoch milliseconds by the clock of the host, just before the instant that it shows. */
  readonly taken: number;
  /** See `Snapshot.confirm`. */
  readonly confirm: () => Promise<void>;
}

export interface WantedSnapshot {
  readonly plan: SnapshotPlan;
  readonly name: SnapshotName;
  /** Where palhm itself has to write meanwhile. */
  readonly written: readonly string[];
  /** The group, with what its programs get. */
  readonly hooked: Hooked;
  readonly onThawed: WantedFreeze['onThawed'];
  readonly onPrinted: WantedFreeze['onPrinted'];
}

/** `whole`: aborted when the snapshot shows one instant no more. */
type Work<R> = (snapshot: GroupSnapshot, whole?: AbortSignal) => Promise<R>;

/** Does the work while the snapshot is there. Failure SNAPSHOT_FAILED, HOOK_FAILED, FREEZE_EXPIRED. */
export async function withSnapshot<R>(
  operation: Operation,
  wanted: WantedSnapshot,
  work: Work<R>,
): Promise<R> {
  const { plan, hooked, onThawed, onPrinted } = wanted;
  const { aftermath } = operation;
  hooked.signal.throwIfAborted();
  const provider = await openProvider(plan.source, wanted.written, (key) =>
    resolveValue(key, hooked.context),
  );
  await tidy(operation, provider, hooked.signal);
  const { still } = provider;
  const own = { place: plan.place, max: FREEZE_MAX, means: { type: 'own' } } as const;
  const freeze = plan.freeze ?? (still && own);
  const reads = still?.until === 'released' ? 'its objects were made' : 'its snapshot was taken';
  const frozen = freeze && { hooked, plan: freeze, still, reads, onThawed, onPrinted };
  if (frozen === undefined || still?.until !== 'released') {
    const bracket = snapshotBracket(operation, wanted, () =>
      takeFrozen(operation, wanted, { provider, frozen }),
    );
    return await within({ signal: hooked.signal, aftermath }, bracket, (taken) => work(taken));
  }
  const { value, problem } = await whileFrozen(operation, frozen, (signal) => {
    const bracket = snapshotBracket(operation, wanted, () =>
      take(operation, wanted, { provider, signal }),
    );
    return within({ signal, aftermath }, bracket, (taken) => work(taken, signal));
  });
  if (problem !== undefined) throw problem;
  return value;
}

/** What has to be removed by hand is told by each run, and hinders none. */
async function tidy(
  { emit, aftermath }: Operation,
  provider: Provider,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const { what } of await provider.tidy(signal))
      emit({ type: 'leftover-removed', what, processes: 0 });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'SNAPSHOT_LEFT') throw error;
    aftermath.add(error);
  }
}

interface Taken extends GroupSnapshot {
  readonly snapshot: Snapshot;
}

function snapshotBracket(
  { emit, aftermath }: Operation,
  { plan, hooked: { name: group } }: WantedSnapshot,
  open: () => Promise<Taken>,
): Bracket<Taken> {
  const source = describeSource(plan.source);
  return {
    name: `the snapshot of ${source}`,
    async open(signal) {
      const taken = await open();
      await prepare(taken.snapshot, signal, aftermath);
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
  { emit, host }: Operation,
  { plan, name, hooked }: WantedSnapshot,
  { provider, signal }: { readonly provider: Provider; readonly signal: AbortSignal },
): Promise<Taken> {
  const taken = host.clock();
  const startedAt = performance.now();
  const snapshot = await provider.take(name, signal);
  const durationMs = performance.now() - startedAt;
  const source = describeSource(plan.source);
  emit({ type: 'snapshot-taken', group: hooked.name, source, durationMs });
  const confirm = async (): Promise<void> => snapshot.confirm?.();
  const { entrances } = hooked.context.facts;
  const facts = {
    snapshot: snapshot.facts,
    entrances: { ...entrances, snapshot: snapshot.entrance },
  };
  return { snapshot, facts, source, taken, confirm };
}

/** What need not be done under the freeze. */
async function prepare(
  snapshot: Snapshot,
  signal: AbortSignal,
  aftermath: Operation['aftermath'],
): Promise<void> {
  try {
    await snapshot.prepare?.(signal);
  } catch (error) {
    await snapshot.release().catch((left: unknown) => aftermath.add(left));
    throw error;
  }
}

interface ReadSnapshot {
  /** Undefined: what is read has none. */
  readonly snapshot: GroupSnapshot | undefined;
  /** When it is aborted, it may have been thawed for that. */
  readonly signal: AbortSignal;
}

/**
 * Reads it. What comes out of a snapshot that shows no more what it showed is worth nothing, whatever the programs say that have read
 * it; and when they have failed, that is why, unless the reading was stopped. Failure SNAPSHOT_FULL, SNAPSHOT_LOST.
 */
export async function readSnapshot<T>(
  { snapshot, signal }: ReadSnapshot,
  read: () => Promise<T>,
): Promise<T> {
  if (snapshot === undefined) return await read();
  let value: T;
  try {
    value = await read();
  } catch (error) {
    if (signal.aborted) throw error;
    const worthless = await failureOf(snapshot.confirm);
    if (worthless?.code !== 'SNAPSHOT_FULL' && worthless?.code !== 'SNAPSHOT_LOST') throw error;
    throw worthless.withDetails([messageOf(error)]);
  }
  signal.throwIfAborted();
  await snapshot.confirm();
  return value;
}

/** `frozen`: undefined when nothing is to be frozen. */
async function takeFrozen(
  operation: Operation,
  wanted: WantedSnapshot,
  { provider, frozen }: { readonly provider: Provider; readonly frozen: WantedFreeze | undefined },
): Promise<Taken> {
  if (frozen === undefined)
    return await take(operation, wanted, { provider, signal: wanted.hooked.signal });
  const { value, problem } = await whileFrozen(operation, frozen, (signal) =>
    take(operation, wanted, { provider, signal }),
  );
  if (problem === undefined) return value;
  await value.snapshot.release().catch((error: unknown) => operation.aftermath.add(error));
  throw problem;
}
