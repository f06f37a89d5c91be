/** The sizes of the objects in the newest copy, for those guards that compare. */
import type { BackupPlan } from '../config/plan/plan.js';
import type { Listing } from '../copy/copy.js';
import { Failure } from '../failure/failure.js';
import type { Sink } from '../sink/sink.js';
import type { Operation } from './operation.js';

export interface LastCopy {
  readonly backup: BackupPlan;
  readonly sink: Sink;
  readonly listing: Listing;
}

/** By path. Empty when no guard compares, or when there is nothing to compare with, which then is said. */
export async function readLastSizes(
  { emit }: Pick<Operation, 'emit'>,
  { backup, sink, listing }: LastCopy,
): Promise<ReadonlyMap<string, number>> {
  const copy = listing.copies.at(-1);
  if (copy === undefined || !hasComparison(backup)) return new Map();
  const stored = sink.stored(copy.prefix);
  try {
    const manifest = await stored.manifest();
    if (manifest !== undefined)
      return new Map(manifest.objects.map(({ path, size }) => [path, size]));
    const message = `copy ${copy.prefix.name} has no manifest: there are no sizes to compare with`;
    emit({ type: 'debug', message });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    emit({
      type: 'warning',
      message: `no size is compared with that in the newest copy, ${copy.prefix.name}`,
      details: [error.message],
    });
  } finally {
    await stored.close();
  }
  return new Map();
}

function hasComparison({ groups }: BackupPlan): boolean {
  const expected = groups.flatMap(({ objects }) => objects.flatMap(({ expect }) => expect ?? []));
  return expected.some((one) => one.maxShrink !== undefined || one.maxGrowth !== undefined);
}
