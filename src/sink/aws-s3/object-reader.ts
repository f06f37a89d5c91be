/** The stored bytes of an object in a bucket, in order. */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../failure/failure.js';
import type { ByteSource } from '../host/pumped-reader.js';
import { asS3Failure, isMissing } from './s3-failure.js';
import { nameOf, type Store } from './store.js';

export interface StoredObjectPiece {
  /** In the copy, for people. */
  readonly path: string;
  readonly key: string;
}

export function objectSource(store: Store, pieces: readonly StoredObjectPiece[]): ByteSource {
  return async function* bytesOf(signal) {
    for (const piece of pieces) {
      try {
        yield* bytesOfPiece(store, piece, signal);
      } catch (error) {
        if (isMissing(error)) throw missing(piece);
        throw asS3Failure(error, `read ${nameOf(store, piece.key)}`);
      }
    }
  };
}

async function* bytesOfPiece(
  { client, bucket }: Store,
  { key }: StoredObjectPiece,
  abortSignal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const { Body } = await client.send(command, { abortSignal });
  if (Body === undefined) return;
  if (!(Symbol.asyncIterator in Body)) throw new Error('the SDK gave no stream of Node');
  for await (const bytes of Body) yield bytes;
}

function missing({ path }: StoredObjectPiece): Failure {
  return new Failure({
    code: 'COPY_DAMAGED',
    message: `object "${path}" is missing from the copy`,
    hint: 'restore it from another copy',
  });
}
