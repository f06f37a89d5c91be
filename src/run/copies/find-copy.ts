import type { Copy, Listing } from '../../copy/copy.js';
import { Failure } from '../../failure/failure.js';
import type { Sink } from '../../sink/sink.js';
import type { Operation } from '../operation/operation.js';

/**
 * As `findCopy`, but asks the sink for this copy alone: the manifests of the others are not read. Warns of damaged copies
 * that are newer than the one found for `latest`.
 */
export async function locateCopy(
  { host, signal, emit }: Operation,
  sink: Sink,
  wanted: string,
): Promise<Copy> {
  if (wanted !== 'latest') return findCopy(await sink.list({ prefix: wanted, signal }), wanted);
  const listing = await sink.list({ newest: { now: host.clock() }, signal });
  const copy = findCopy(listing, wanted);
  for (const { name, why, damaged } of listing.strangers) {
    if (damaged !== true || name < copy.prefix.name) continue;
    const message = `${copy.prefix.name} is taken for the newest copy, because the newer ${name} cannot be used`;
    emit({ type: 'warning', message, details: [`${name}: ${why}`] });
  }
  return copy;
}

/** The copy of this prefix, or the newest for `latest`. Failure COPY_NOT_FOUND. */
export function findCopy({ copies, strangers }: Listing, wanted: string): Copy {
  const found =
    wanted === 'latest' ? copies.at(-1) : copies.find(({ prefix }) => prefix.name === wanted);
  if (found !== undefined) return found;
  const stranger = strangers.find(({ name }) => name === wanted);
  throw new Failure({
    code: 'COPY_NOT_FOUND',
    message: wanted === 'latest' ? 'there is no copy' : `there is no copy ${wanted}`,
    details: stranger === undefined ? [] : [`${stranger.name} is in the root, but ${stranger.why}`],
    hint: 'list them with "palhm list"',
  });
}
