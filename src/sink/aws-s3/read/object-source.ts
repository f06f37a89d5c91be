/** Reads the stored bytes of an object in a bucket, its pieces in order. */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { Failure } from '../../../failure/failure.js';
import type { ByteSource } from '../../byte-source.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asS3Failure, isMissing, statusOf } from '../client/s3-failure.js';

export interface StoredObjectPiece {
  /** Its path in the copy, for people. */
  readonly path: string;
  readonly key: string;
}

/** How often in a row an answer may break off without a byte more. The SDK itself repeats only what was not answered. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

export function objectSource(store: Store, pieces: readonly StoredObjectPiece[]): ByteSource {
  return async function* bytesOf(signal) {
    for (const piece of pieces) {
      try {
        yield* readKey({ store, key: piece.key, signal });
      } catch (error) {
        signal.throwIfAborted();
        if (isMissing(error)) throw missing(piece);
        throw asS3Failure(error, `read ${urlOf(store, piece.key)}`);
      }
    }
  };
}

/** One request, and further ones for the rest whenever an answer breaks off. Errors are those of the SDK, or Failures. */
async function* readKey(stored: StoredKey): AsyncGenerator<Uint8Array> {
  const { store, key, signal } = stored;
  let answer = await getObject(stored, {});
  const { ContentLength: size, ETag: etag } = answer;
  let read = 0;
  for (let failures = 0; ; ) {
    try {
      for await (const bytes of bodyOf(answer)) {
        read += bytes.length;
        failures = 0;
        yield bytes;
      }
      if (size === undefined || read >= size) return;
      throw brokenOff();
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures === ATTEMPTS || read === size) throw error;
    }
    await delay(FIRST_PAUSE_MS * 2 ** failures, undefined, { signal });
    const rest = { Range: `bytes=${read}-`, ...(etag === undefined ? {} : { IfMatch: etag }) };
    answer = await getObject(stored, rest).catch((error: unknown) => {
      throw statusOf(error) === 412 ? replaced(urlOf(store, key), error) : error;
    });
    if (answer.ContentRange?.startsWith(`bytes ${read}-`) !== true)
      throw withoutRanges(urlOf(store, key));
  }
}

interface StoredKey {
  readonly store: Store;
  readonly key: string;
  readonly signal: AbortSignal;
}

function getObject(
  { store, key, signal }: StoredKey,
  part: Pick<GetObjectCommandInput, 'Range' | 'IfMatch'>,
): Promise<GetObjectCommandOutput> {
  const command = new GetObjectCommand({ Bucket: store.bucket, Key: key, ...part });
  return store.client.send(command, { abortSignal: signal });
}

async function* bodyOf({ Body }: GetObjectCommandOutput): AsyncGenerator<Uint8Array> {
  if (!(Body instanceof Readable)) throw new Error('the SDK gave no stream of Node');
  for await (const bytes of Body) {
    if (!(bytes instanceof Uint8Array)) throw new Error('the SDK gave no bytes');
    yield bytes;
  }
}

function brokenOff(): Error {
  const message = 'the answer ended in the middle of an object';
  return Object.assign(new Error(message), { code: 'ECONNRESET' });
}

function replaced(url: string, cause: unknown): Failure {
  return new Failure({
    code: 'COPY_DAMAGED',
    message: `${url} was replaced while it was being read`,
    hint: 'see who else writes to this root; restore from another copy',
    cause,
  });
}

function withoutRanges(url: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the store was asked for the rest of ${url} and answers with something else`,
    hint: 'the store, or a proxy before it, does not know ranges (RFC 9110, section 14)',
  });
}

function missing({ path }: StoredObjectPiece): Failure {
  return new Failure({
    code: 'COPY_DAMAGED',
    message: `object "${path}" is missing from the copy`,
    hint: 'restore it from another copy',
  });
}
