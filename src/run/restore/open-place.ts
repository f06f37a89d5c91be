/** A copy that somebody names by its place. */
import { parsePrefix } from '../../copy/prefix.js';
import type { StoredCopy } from '../../sink/sink.js';
import type { Operation } from '../operation.js';
import { loadKeyFile, loadSignatureCheck, type SignatureCheck } from '../signing.js';
import type { CopySource } from './request.js';

type Placed = Extract<CopySource, { type: 'place' }>;

/**
 * The copy, whose manifest must have a signature of the key that is given, else of the task of this name in the config in
 * use. Where nobody says of whom a signature should be, that is said.
 */
export async function openPlace(operation: Operation, source: Placed): Promise<StoredCopy> {
  if (source.publicKey !== undefined) {
    return openStored(operation, source, await loadKeyFile(source.publicKey));
  }
  const stored = await openStored(operation, source);
  const manifest = await stored.manifest();
  const task = manifest === undefined ? undefined : operation.plan.tasks.get(manifest.task);
  const check = task?.type === 'backup' ? await loadSignatureCheck(operation, task) : undefined;
  if (check !== undefined) {
    await stored.close();
    return openStored(operation, source, check);
  }
  if (manifest?.signature !== undefined) {
    const message = `the signature of ${stored.location} is not checked: nobody says whose it should be`;
    const details = ['Name the key with --public-key FILE.'];
    operation.emit({ type: 'warning', message, details });
  }
  return stored;
}

async function openStored(
  { emit, createSink }: Operation,
  { place }: Placed,
  checkSignature?: SignatureCheck,
): Promise<StoredCopy> {
  const { name, sink } = place;
  const check = checkSignature === undefined ? {} : { checkSignature };
  const opened = await createSink(sink, { task: '', emit, ...check });
  // Whoever names a place may have given the directory of a copy another name.
  return opened.stored(parsePrefix(name) ?? { name, micros: 0 });
}
