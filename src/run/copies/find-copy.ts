import type { Copy, Listing } from '../../copy/copy.js';
import { Failure } from '../../failure/failure.js';
import type { Sink } from '../../sink/sink.js';
import type { Operation } from '../operation/operation.js';

/** As `findCopy`, but asks the sink for this copy alone: the manifests of the others are not read. */
export async function locateCopy(
  { host, signal }: Operation,
  sink: Sink,
  wanted: string,
): Promise<Copy> {
  const which = wanted === 'latest' ? { newest: { now: host.clock() } } : { prefix: wanted };
  return findCopy(await sink.list({ ...which, signal }), wanted);
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
