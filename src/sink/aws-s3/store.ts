/** A bucket and the root in it, as everything here is given them. */
import type { S3Client } from '@aws-sdk/client-s3';

export interface Connection {
  readonly client: S3Client;
  /** How long a connection may carry nothing. */
  readonly stallMs: number;
  /** The store's clock, as far as its last answer tells: epoch milliseconds. */
  storeTime(): number;
}

export interface Store extends Connection {
  readonly bucket: string;
  /** What every key of the root begins with. */
  readonly base: string;
  /** The root, for people: `s3://bucket/root`. */
  readonly location: string;
}

/** A key for people. */
export function nameOf(store: Pick<Store, 'bucket'>, key: string): string {
  return `s3://${store.bucket}/${key}`;
}
