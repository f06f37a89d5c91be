/** What tests of the parts of the backend share. */

import type { LockRequest } from '../../../src/host/file-lock.js';
import type { Store } from '../../../src/sink/aws-s3/bucket/store.js';
import { connect, PATIENCE } from '../../../src/sink/aws-s3/client/client.js';
import { contextOf } from '../sinks.js';
import { type S3Server, s3Plan } from './server.js';

export interface Where {
  readonly bucket: string;
  readonly root: string;
}

/** A connection of its own, as another host has it. */
export async function openStore(
  server: S3Server,
  { bucket, root }: Where,
  patience = PATIENCE,
): Promise<Store> {
  const connection = await connect(s3Plan(server, { bucket, root }), contextOf(), patience);
  return { ...connection, bucket, base: `${root}/`, location: `s3://${bucket}/${root}` };
}

export const LOCK_REQUEST: LockRequest = {
  task: 'backup',
  waitMs: 0,
  onWait: () => undefined,
  signal: new AbortController().signal,
};
