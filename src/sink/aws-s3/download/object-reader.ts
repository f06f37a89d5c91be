/** Reads the stored bytes of an object in a bucket, its pieces in order. */
import { Failure } from '../../../failure/failure.js';
import type { ByteSource } from '../../byte-source.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asS3Failure, isMissing } from '../client/s3-failure.js';
import { readInRanges } from './ranged-object.js';

export interface StoredObjectPiece {
  /** Its path in the copy, for people. */
  readonly path: string;
  readonly key: string;
}

export function objectSource(store: Store, pieces: readonly StoredObjectPiece[]): ByteSource {
  return async function* bytesOf(signal) {
    for (const piece of pieces) {
      try {
        yield* readInRanges({ store, key: piece.key, signal });
      } catch (error) {
        if (isMissing(error)) throw missing(piece);
        throw asS3Failure(error, `read ${urlOf(store, piece.key)}`);
      }
    }
  };
}

function missing({ path }: StoredObjectPiece): Failure {
  return new Failure({
    code: 'COPY_DAMAGED',
    message: `object "${path}" is missing from the copy`,
    hint: 'restore it from another copy',
  });
}
