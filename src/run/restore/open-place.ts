/** A copy that somebody names by its place. */
import { parsePrefix } from '../../copy/prefix.js';
import type { Sink, StoredCopy } from '../../sink/sink.js';
import type { Operation } from '../operation/operation.js';
import { loadKeyFile, loadSignatureCheck, type SignatureCheck } from '../operation/signing.js';
import type { CopySource } from './request.js';

type Placed = Extract<CopySource, { type: 'place' }>;

/**
 * The copy, whose manifest must have a signature of the key that is given, else of the task of this name in the config in
 * use. Where nobody says of whom a signature should be, that is said.
 */
export async function openPlace(operation: Operation, source: Placed): Promise<OpenedPlace> {
  if (source.publicKey !== undefined) {
    return await openStored(operation, source, await loadKeyFile(source.publicKey));
  }
  const opened = await openStored(operation, source);
  const manifest = await opened.stored.manifest();
  const task = manifest === undefined ? undefined : operation.plan.tasks.get(manifest.task);
  const check = task?.type === 'backup' ? await loadSignatureCheck(operation, task) : undefined;
  if (check !== undefined) {
    await opened.stored.close();
    await opened.sink.close();
    return await openStored(operation, source, check);
  }
  if (manifest?.signature !== undefined) {
    const message = `the signature of ${opened.stored.location} is not checked: nobody says whose it should be`;
    const details = ['Name the key with --public-key FILE.'];
    operation.emit({ type: 'warning', message, details });
  }
  return opened;
}

export interface OpenedPlace {
  readonly sink: Sink;
  readonly stored: StoredCopy;
}

async function openStored(
  { emit, createSink }: Operation,
  { place }: Placed,
  checkSignature?: SignatureCheck,
): Promise<OpenedPlace> {
  const { name } = place;
  const check = checkSignature === undefined ? {} : { checkSignature };
  const sink = await createSink(place.sink, { task: '', emit, ...check });
  // Whoever names a place may have given the directory of a copy another name.
  return { sink, stored: sink.stored(parsePrefix(name) ?? { name, micros: 0 }) };
}
