import type { Copy, Listing, Stranger } from '../../copy/copy.js';
import { type Dated, describeClock, findLatest } from '../../copy/latest.js';
import { comparePrefixes, parsePrefix } from '../../copy/prefix.js';
import { isKnownDamaged } from '../../copy/trust.js';
import type { Emit } from '../../events/events.js';
import { Failure } from '../../failure/failure.js';
import type { Sink } from '../../sink/sink.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { storedCopyBracket } from '../operation/places.js';

/** Where the copies of a task are. */
export interface TaskRoot {
  readonly task: string;
  readonly sink: Sink;
}

/**
 * The copy of this prefix, or the newest for `latest`, of which the sink is asked alone: the manifests of the others are not
 * read. Failure COPY_NOT_FOUND. A copy that is named and damaged fails as its manifest does: Failure MANIFEST_INVALID,
 * SIGNATURE_INVALID. Warns of what was passed over for `latest`, and of a copy that the last verify has found to be damaged.
 */
export async function locateCopy(
  operation: Operation,
  root: TaskRoot,
  wanted: string,
): Promise<Copy> {
  const copy =
    wanted === 'latest'
      ? await locateLatest(operation, root)
      : await locateNamed(operation, root, wanted);
  if (isKnownDamaged(copy)) warnOfDamage(operation.emit, copy);
  return copy;
}

async function locateLatest({ host, signal, emit }: Operation, root: TaskRoot): Promise<Copy> {
  const now = host.clock();
  const listing = await root.sink.list({ newest: { now }, signal });
  const copy = chooseLatest(emit, { copies: listing.copies, now });
  if (copy === undefined) throw noSuchCopy(root, listing, 'latest');
  for (const { name, why } of listing.strangers.filter(isUnusable)) {
    const prefix = parsePrefix(name);
    if (prefix === undefined || comparePrefixes(prefix, copy.prefix) < 0) continue;
    const message = `${copy.prefix.name} is taken for the newest copy, because the newer ${name} cannot be used`;
    emit({ type: 'warning', message, details: [`${name}: ${why}`] });
  }
  return copy;
}

/** The newest of the copies, with a warning when the clock has to do with it. */
export function chooseLatest<T extends Dated>(
  emit: Emit,
  { copies, now }: { readonly copies: readonly T[]; readonly now: number },
): T | undefined {
  const found = findLatest(copies, now);
  const message = describeClock(found, now);
  if (message !== undefined) emit({ type: 'warning', message, details: [] });
  return found.latest;
}

async function locateNamed(operation: Operation, root: TaskRoot, wanted: string): Promise<Copy> {
  const { sink } = root;
  const listing = await sink.list({ prefix: wanted, signal: operation.signal });
  if (listing.strangers.some(isUnusable)) await readManifest(operation, sink, wanted);
  const copy = listing.copies.find(({ prefix }) => prefix.name === wanted);
  if (copy === undefined) throw noSuchCopy(root, listing, wanted);
  return copy;
}

const MOST_SHOWN = 5;

/** It seems to be a copy, but is damaged, or could not be read. */
function isUnusable({ damaged, unread }: Stranger): boolean {
  return damaged ?? unread ?? false;
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

/** Failure COPY_NOT_FOUND. `wanted`: a prefix, or `latest`. */
export function noSuchCopy(
  { task, sink }: TaskRoot,
  { strangers }: Listing,
  wanted: string,
): Failure {
  const isLatest = wanted === 'latest';
  const named = strangers.filter(({ name }) =>
    isLatest ? parsePrefix(name) !== undefined : name === wanted,
  );
  const unusable = named.filter(isUnusable);
  // Of many copies, as those of another task, the newest few show what lies there.
  const meant = unusable.length > 0 ? unusable : named.slice(-MOST_SHOWN);
  const none = `there is no copy ${isLatest ? '' : `${wanted} `}in ${sink.description}`;
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: isLatest && meant.length > 0 ? `${none} that can be used` : none,
    details: meant.map(({ name, why }) => `${name} is in the root, but ${why}`),
    hint: `is this the right root, and is it mounted? "palhm list ${task}" shows what is in it`,
  });
}
