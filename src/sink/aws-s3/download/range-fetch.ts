/** Fetches one range of an object into memory. The SDK signs and repeats the request; the body does not pass through it. */
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../../failure/failure.js';
import { type Store, urlOf } from '../bucket/store.js';
import type { Landing, RangeConnections, SignedRequest } from './range-connections.js';

export interface RangeRequest extends Landing {
  readonly store: Store;
  readonly key: string;
  readonly connections: RangeConnections;
  /** The range must be of the object with this tag. Undefined when the store gives no tags. */
  readonly etag: string | undefined;
  /** The offset in the object of the first byte. */
  readonly first: number;
}

/** Resolves when `room` is full. After a broken connection, the next request asks for the rest alone. */
export async function fetchRange(request: RangeRequest): Promise<void> {
  const { store, key, etag, signal } = request;
  const arriving = receive(request);
  const sameOne = etag === undefined ? {} : { IfMatch: etag };
  const Range = arriving.range();
  const command = new GetObjectCommand({ Bucket: store.bucket, Key: key, Range, ...sameOne });
  command.middlewareStack.addRelativeTo(
    <Call extends { readonly request: unknown }, Answer>(next: (call: Call) => Promise<Answer>) =>
      (call: Call) => {
        // Every attempt passes here before it is signed.
        if (isRequest(call.request)) call.request.headers['range'] = arriving.range();
        return next(call);
      },
    { relation: 'after', toMiddleware: 'retryMiddleware', name: 'palhmRangeRest' },
  );
  command.middlewareStack.add(
    (next) => async (call) => {
      if (!isRequest(call.request)) return next(call);
      const { room, onBytes } = arriving;
      const landing = { room: room(), onBytes, signal };
      const answer = await request.connections.get(call.request, landing);
      // The body has been received already, but the SDK needs one.
      return answer === undefined
        ? next(call)
        : { response: { ...answer, body: Readable.from([]) } };
    },
    { step: 'deserialize', priority: 'low', name: 'palhmRangeBody' },
  );
  const { Body, ContentLength } = await store.client.send(command, { abortSignal: signal });
  if (arriving.room().length > 0) await drain(request, arriving, { Body, ContentLength });
}

/** How much of a range has been received, and where the rest goes. */
interface Receiving {
  readonly room: () => Uint8Array;
  readonly range: () => string;
  readonly onBytes: (count: number) => void;
}

function receive({ room, first, onBytes }: RangeRequest): Receiving {
  let filled = 0;
  return {
    room: () => room.subarray(filled),
    range: () => `bytes=${first + filled}-${first + room.length - 1}`,
    onBytes(count) {
      filled += count;
      onBytes(count);
    },
  };
}

/** For a store that answers in an unusual way, such as in chunks: the body was left to the SDK. */
async function drain(
  request: RangeRequest,
  { room, onBytes }: Receiving,
  answer: { readonly Body?: unknown; readonly ContentLength: number | undefined },
): Promise<void> {
  const { Body, ContentLength } = answer;
  if (!(Body instanceof Readable)) throw new Error('the SDK gave no stream of Node');
  if (ContentLength !== undefined && ContentLength !== room().length)
    throw wrongLength(request, ContentLength);
  for await (const bytes of Body) {
    if (!(bytes instanceof Uint8Array)) throw new Error('the SDK gave no bytes');
    if (bytes.length > room().length) throw wrongLength(request, 'more');
    room().set(bytes);
    onBytes(bytes.length);
  }
  if (room().length > 0) throw wrongLength(request, 'fewer');
}

function isRequest(
  request: unknown,
): request is SignedRequest & { readonly headers: Record<string, string> } {
  if (typeof request !== 'object' || request === null) return false;
  return 'hostname' in request && 'headers' in request;
}

function wrongLength(
  { store, key }: Pick<RangeRequest, 'store' | 'key'>,
  length: number | 'more' | 'fewer',
): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the store answers a range of ${urlOf(store, key)} with ${length} bytes`,
    hint: 'the store, or a proxy before it, does not know ranges (RFC 9110, section 14)',
  });
}
