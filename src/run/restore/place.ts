/** A copy that a person names by its place, without a task. */
import { parsePrefix } from '../../copy/prefix.js';
import type { StoredCopy } from '../../sink/sink.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { placeBracket, storedCopyBracket } from '../operation/places.js';
import { loadKeyFile, loadSignatureCheck, type SignatureCheck } from '../operation/signing.js';
import type { CopySource } from './request.js';

type Place = Extract<CopySource, { type: 'place' }>;

/**
 * Does the work on the copy. Its manifest must have a signature of the key that is given; without one, of the keys of the
 * task of this name in the config in use. Where neither names a key, a warning says that the signature is not checked.
 */
export async function withPlace<R>(
  operation: Operation,
  source: Place,
  work: (stored: StoredCopy) => Promise<R>,
): Promise<R> {
  const check =
    source.publicKey === undefined
      ? await findCheck(operation, source)
      : await loadKeyFile(source.publicKey, operation);
  return await withStored(operation, { source, check }, work);
}

interface CheckedPlace {
  readonly source: Place;
  readonly check: SignatureCheck | undefined;
}

function withStored<R>(
  operation: Operation,
  { source: { place }, check }: CheckedPlace,
  work: (stored: StoredCopy) => Promise<R>,
): Promise<R> {
  // A person may have renamed the directory of the copy.
  const prefix = parsePrefix(place.name) ?? { name: place.name, micros: 0 };
  return within(operation, placeBracket(operation, place.sink, check), (sink) =>
    within(operation, storedCopyBracket(sink, prefix), work),
  );
}

/** Reads the manifest without a check, since it names the task whose keys count. */
function findCheck(operation: Operation, source: Place): Promise<SignatureCheck | undefined> {
  return withStored(operation, { source, check: undefined }, async (stored) => {
    const manifest = await stored.manifest();
    const task = manifest === undefined ? undefined : operation.plan.tasks.get(manifest.task);
    const check = task?.type === 'backup' ? await loadSignatureCheck(operation, task) : undefined;
    if (check === undefined && manifest?.signature !== undefined) {
      const message = `the signature of ${stored.location} is not checked: nobody says whose it should be`;
      const details = ['Name the key with --public-key FILE.'];
      operation.emit({ type: 'warning', message, details });
    }
    return check;
  });
}
