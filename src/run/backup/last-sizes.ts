/** The sizes of the objects in the newest copy: for guards that compare, and for sinks that want an expected size. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Listing } from '../../copy/copy.js';
import { describeClock, findLatest } from '../../copy/latest.js';
import { Failure } from '../../failure/failure.js';
import { traitsOf } from '../../sink/registry.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { storedCopyBracket } from '../operation/places.js';
import type { BackupRun } from './backup-run.js';

/** By path. Empty when nothing needs them, and when they cannot be read; then an event says so. */
export async function readLastSizes(
  operation: Operation,
  { backup, sink }: Pick<BackupRun, 'backup' | 'sink'>,
  listing: Listing,
): Promise<ReadonlyMap<string, number>> {
  const isCompared = hasComparison(backup);
  const now = operation.host.clock();
  const found = findLatest(listing.copies, now);
  const { latest: copy } = found;
  if (copy === undefined || !(isCompared || traitsOf(backup.sink).wantsExpectedSize))
    return new Map();
  const clock = describeClock(found, now);
  if (isCompared && clock !== undefined)
    operation.emit({ type: 'warning', message: `sizes are compared: ${clock}`, details: [] });
  const { name } = copy.prefix;
  try {
    const manifest = await within(operation, storedCopyBracket(sink, copy.prefix), (stored) =>
      stored.manifest(),
    );
    if (manifest !== undefined)
      return new Map(manifest.objects.map(({ path, size }) => [path, size]));
    const message = `copy ${name} has no manifest: there are no sizes to compare with`;
    operation.emit({ type: 'debug', message });
  } catch (error) {
    if (!(error instanceof Failure) || operation.signal.aborted) throw error;
    const message = `no size is compared with that in the newest copy, ${name}`;
    if (isCompared) operation.emit({ type: 'warning', message, details: [error.message] });
    // For a sink an expected size is only a guess: a warning would be too much.
    else
      operation.emit({
        type: 'debug',
        message: `copy ${name} does not say its sizes: ${error.message}`,
      });
  }
  return new Map();
}

function hasComparison({ groups }: BackupPlan): boolean {
  const expected = groups.flatMap(({ objects }) => objects.flatMap(({ expect }) => expect ?? []));
  return expected.some((one) => one.maxShrink !== undefined || one.maxGrowth !== undefined);
}
