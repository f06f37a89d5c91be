import type { Copy, Listing } from '../../copy/copy.js';
import { parsePrefix } from '../../copy/prefix.js';
import { isKnownDamaged } from '../../copy/trust.js';
import type { Emit } from '../../events/events.js';
import { Failure } from '../../failure/failure.js';
import type { Sink } from '../../sink/sink.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { storedCopyBracket } from '../operation/places.js';

/**
 * As `findCopy`, but asks the sink for this copy alone: the manifests of the others are not read. A copy that is named and
 * damaged fails as its manifest does: Failure MANIFEST_INVALID, SIGNATURE_INVALID. For `latest`, warns of what is damaged or
 * could not be read and is newer than the one found. Warns of a copy that the last verify has found to be damaged.
 */
export async function locateCopy(operation: Operation, sink: Sink, wanted: string): Promise<Copy> {
  const { host, signal, emit } = operation;
  const which = wanted === 'latest' ? { newest: { now: host.clock() } } : { prefix: wanted };
  const listing = await sink.list({ ...which, signal });
  const unusable = listing.strangers.filter(({ damaged, unread }) => damaged ?? unread);
  if (wanted !== 'latest' && unusable.length > 0) await readManifest(operation, sink, wanted);
  const copy = findCopy(listing, wanted);
  for (const { name, why } of unusable) {
    if (name < copy.prefix.name) continue;
    const message = `${copy.prefix.name} is taken for the newest copy, because the newer ${name} cannot be used`;
    emit({ type: 'warning', message, details: [`${name}: ${why}`] });
  }
  if (isKnownDamaged(copy)) warnOfDamage(emit, copy);
  return copy;
}

/** A part of it may be whole, and it may be the only copy. */
function warnOfDamage(emit: Emit, { prefix, records }: Copy): void {
  const { at = '', problems = [] } = records.verify ?? {};
  const message = `the last verify, of ${at}, has found ${prefix.name} to be damaged: "palhm list" shows the others`;
  emit({ type: 'warning', message, details: [...problems] });
}

async function readManifest(operation: Operation, sink: Sink, name: string): Promise<void> {
  const prefix = parsePrefix(name);
  if (prefix === undefined) return;
  try {
    await within(operation, storedCopyBracket(sink, prefix), (stored) => stored.manifest());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw error.withDetails([`${name} is in the root, but cannot be used as a copy.`]);
  }
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
