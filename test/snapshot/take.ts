/** Takes a snapshot as the engine does: while the source stands still, where it has to, and then all that has time until it is read. */
import { runHelper } from '../../src/host/helper.js';
import type { Provider, Snapshot, SnapshotName, Still } from '../../src/snapshot/provider.js';

export async function takeSnapshot(
  provider: Provider,
  name: SnapshotName,
  signal: AbortSignal,
): Promise<Snapshot> {
  const snapshot = await takeStill(provider, name, signal);
  try {
    await snapshot.prepare?.(signal);
  } catch (error) {
    await snapshot.release();
    throw error;
  }
  return snapshot;
}

/** What a snapshot is called on the host: of several volumes, that of the first. */
export function calledNameOf({ facts }: Snapshot): string {
  const [first] = facts.volumes?.values() ?? [];
  return String(facts.name ?? first?.name);
}

async function takeStill(
  provider: Provider,
  name: SnapshotName,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { still } = provider;
  if (still === undefined) return await provider.take(name, signal);
  for (const [index, argv] of still.freeze.entries())
    await run(argv).catch(async (error: unknown) => {
      if (index > 0) await thaw(still);
      throw error;
    });
  let snapshot: Snapshot;
  try {
    snapshot = await provider.take(name, signal);
  } catch (error) {
    await thaw(still);
    throw error;
  }
  if (still.until === 'taken') {
    await thaw(still);
    return snapshot;
  }
  const release = async (): Promise<void> => {
    await snapshot.release();
    await thaw(still);
  };
  return { ...snapshot, release };
}

/** Twice: it has to bear that nothing is frozen. */
async function thaw({ thaw: commands }: Still): Promise<void> {
  for (const argv of [...commands, ...commands]) await run(argv);
}

async function run(argv: readonly [string, ...string[]]): Promise<void> {
  await runHelper({ argv, code: 'SNAPSHOT_FAILED', timeoutMs: 30_000 });
}
