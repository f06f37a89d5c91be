/** The connection to a bucket and to the root in it, which everything in this backend gets. */
import type { S3Client } from '@aws-sdk/client-s3';
import { orReason } from '../../../host/or-reason.js';

export interface Connection {
  readonly client: S3Client;
  /** A connection that carries nothing for this long is closed. */
  readonly stallMs: number;
  /** The clock of the store, from the date of its last answer: epoch milliseconds. */
  storeTime(): number;
  /** Closes every connection. May be called again. */
  close(): void;
}

export interface Store extends Connection {
  readonly bucket: string;
  /** Every key of the root begins with this: empty, or with a slash at its end. */
  readonly base: string;
  /** The root, for people: `s3://bucket/root`. */
  readonly location: string;
}

/**
 * Requests that make an object are never ended early, because the store may have made it already, and what rolls back would
 * not see it.
 */
const MAKING = new Set([
  'PutObjectCommand',
  'CreateMultipartUploadCommand',
  'CompleteMultipartUploadCommand',
]);
/** Undoes a request that was ended. */
const UNDOING = 'AbortMultipartUploadCommand';

/** The same bucket, but the signal ends requests that are under way and prevents further ones. */
export function untilAborted(store: Store, signal: AbortSignal): Store {
  async function send(
    command: Parameters<S3Client['send']>[0],
    options: { readonly abortSignal?: AbortSignal } = {},
  ): Promise<unknown> {
    const { name } = command.constructor;
    if (name === UNDOING) return store.client.send(command, options);
    signal.throwIfAborted();
    if (MAKING.has(name))
      return store.client.send(command, options).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    const { abortSignal = signal } = options;
    const end = AbortSignal.any([signal, abortSignal]);
    return orReason(store.client.send(command, { ...options, abortSignal: end }), signal);
  }

  const client: S3Client = Object.create(store.client, { send: { value: send } });
  return { ...store, client };
}

/** Does work that the signal can end. Once it is aborted, any error of the work becomes the reason of the signal. */
export async function orAborted<T>(
  store: Store,
  signal: AbortSignal | undefined,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work(signal === undefined ? store : untilAborted(store, signal));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Names a key for people. */
export function urlOf(store: Pick<Store, 'bucket'>, key: string): string {
  return `s3://${store.bucket}/${key}`;
}
