/** One range of an object, fetched into memory. The SDK signs, repeats and judges; the body goes past it. */
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../failure/failure.js';
import type { Landing, RangeConnections, SignedRequest } from './range-connections.js';
import { nameOf, type Store } from './store.js';

export interface RangeRequest extends Landing {
  readonly store: Store;
  readonly key: string;
  readonly connections: RangeConnections;
  /** Of the object that the range is to be of; undefined when the store has none. */
  readonly etag: string | undefined;
  /** Where in the object `room` begins. */
  readonly first: number;
}

/** Resolves when `room` is full. A connection that broke goes on where it broke. */
export async function fetchRange(request: RangeRequest): Promise<void> {
  const { store, key, etag, signal, room } = request;
  const progress = { filled: 0, room: () => room.subarray(progress.filled) };
  const sameOne = etag === undefined ? {} : { IfMatch: etag };
  const Range = rangeFrom(request, 0);
  const command = new GetObjectCommand({ Bucket: store.bucket, Key: key, Range, ...sameOne });
  const landing = {
    signal,
    onBytes(count: number) {
      progress.filled += count;
      request.onBytes(count);
    },
  };
  const stack = command.middlewareStack;
  stack.addRelativeTo(
    <Call extends { readonly request: unknown }, Answer>(next: (call: Call) => Promise<Answer>) =>
      (call: Call) => {
        // Every attempt comes past here, before it is signed.
        if (isRequest(call.request))
          call.request.headers['range'] = rangeFrom(request, progress.filled);
        return next(call);
      },
    { relation: 'after', toMiddleware: 'retryMiddleware', name: 'palhmRangeRest' },
  );
  stack.add(
    (next) => async (call) => {
      if (!isRequest(call.request)) return next(call);
      const answer = await request.connections.get(call.request, {
        ...landing,
        room: progress.room(),
      });
      if (answer === undefined) return next(call);
      return { response: { ...answer, body: Readable.from([]) } } as never;
    },
    { step: 'deserialize', priority: 'low', name: 'palhmRangeBody' },
  );
  const { Body, ContentLength } = await store.client.send(command, { abortSignal: signal });
  if (progress.filled < room.length) await drain();

  /** The store has answered in a way of its own, such as in chunks. */
  async function drain(): Promise<void> {
    if (Body === undefined || !(Symbol.asyncIterator in Body))
      throw new Error('the SDK gave no stream of Node');
    const rest = progress.room();
    if (ContentLength !== undefined && ContentLength !== rest.length)
      throw wrongLength(request, ContentLength);
    for await (const bytes of Body) {
      if (!(bytes instanceof Uint8Array)) throw new Error('the SDK gave no bytes');
      if (bytes.length > progress.room().length) throw wrongLength(request, 'more');
      progress.room().set(bytes);
      landing.onBytes(bytes.length);
    }
    if (progress.filled < room.length) throw wrongLength(request, progress.filled);
  }
}

function rangeFrom({ first, room }: RangeRequest, filled: number): string {
  return `bytes=${first + filled}-${first + room.length - 1}`;
}

function isRequest(
  request: unknown,
): request is SignedRequest & { readonly headers: Record<string, string> } {
  if (typeof request !== 'object' || request === null) return false;
  return 'hostname' in request && 'headers' in request;
}

function wrongLength(
  { store, key }: Pick<RangeRequest, 'store' | 'key'>,
  length: number | 'more',
): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the store answers a range of ${nameOf(store, key)} with ${length} bytes`,
    hint: 'the store, or a proxy before it, does not know ranges (RFC 9110, section 14)',
  });
}
