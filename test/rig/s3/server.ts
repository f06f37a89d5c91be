/** A server that speaks S3, real or not, and buckets on it. */
import { CreateBucketCommand, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../src/config/plan/sinks/aws-s3.js';

export interface S3Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A second key, which has no rights. */
  readonly other: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The directory of the server's own state. */
  readonly state: string;
  readonly client: S3Client;
  stop(): Promise<void>;
}

let buckets = 0;

export async function makeBucket(
  server: S3Server,
  options: { readonly locking?: boolean } = {},
): Promise<string> {
  buckets += 1;
  const Bucket = `palhm-${process.pid}-${buckets}`;
  const locking = options.locking === true ? { ObjectLockEnabledForBucket: true } : {};
  await server.client.send(new CreateBucketCommand({ Bucket, ...locking }));
  return Bucket;
}

export function s3Plan(
  server: Pick<S3Server, 'endpoint' | 'accessKeyId' | 'secretAccessKey'>,
  where: { readonly bucket: string; readonly root?: string } & Partial<S3Plan>,
): S3Plan {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  return {
    type: 'aws-s3',
    root: 'backup/host',
    profile: undefined,
    region: 'us-east-1',
    endpoint,
    credentials: {
      accessKeyId: { type: 'literal', text: accessKeyId },
      secretAccessKey: { type: 'literal', text: secretAccessKey },
      sessionToken: undefined,
    },
    roleArn: undefined,
    forcePathStyle: true,
    checksum: 'when-supported',
    storageClass: undefined,
    finalStorageClass: undefined,
    encryption: undefined,
    tags: [],
    objectLock: undefined,
    bandwidth: undefined,
    partSize: undefined,
    queueSize: undefined,
    maxParts: 10_000,
    prefix: { timespec: 'seconds' },
    retention: { copies: { type: 'none' }, size: { type: 'none' }, keep: undefined },
    ...where,
  };
}

export async function readObject(server: S3Server, bucket: string, key: string): Promise<Buffer> {
  const request = new GetObjectCommand({ Bucket: bucket, Key: key });
  const { Body } = await server.client.send(request);
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
