/** A bucket and the root in it, as everything here is given them. */
import type { S3Client } from '@aws-sdk/client-s3';

export interface Connection {
  readonly client: S3Client;
  /** How long a connection may carry nothing. */
  readonly stallMs: number;
  /** The store's clock, as far as its last answer tells: epoch milliseconds. */
  storeTime(): number;
  /** Closes every connection. May be called again. */
  close(): void;
}

export interface Store extends Connection {
  readonly bucket: string;
  /** What every key of the root begins with. */
  readonly base: string;
  /** The root, for people: `s3://bucket/root`. */
  readonly location: string;
}

/** The same bucket, of which nothing is asked any more once the signal is aborted: a request under way is broken off. */
export function untilAborted(store: Store, signal: AbortSignal | undefined): Store {
  if (signal === undefined) return store;
  const send = (command: Parameters<S3Client['send']>[0], options: object = {}): Promise<unknown> =>
    store.client.send(command, { abortSignal: signal, ...options });
  const client: S3Client = Object.create(store.client, { send: { value: send } });
  return { ...store, client };
}

/** Does work that can be given up: what breaks off after the signal was aborted rejects with its reason. */
export async function orAborted<T>(
  store: Store,
  signal: AbortSignal | undefined,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work(untilAborted(store, signal));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** A key for people. */
export function nameOf(store: Pick<Store, 'bucket'>, key: string): string {
  return `s3://${store.bucket}/${key}`;
}
