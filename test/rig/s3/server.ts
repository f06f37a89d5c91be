/** Real S3 servers of the lab, and buckets on them. */
import assert from 'node:assert/strict';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../src/config/plan/sinks/aws-s3.js';
import { makeLabDirectory, mustRunScript } from '../../system/lab.js';

export type S3Kind = 'rgw' | 'swift-s3';

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

export async function startS3(
  kind: S3Kind,
  env: Readonly<Record<string, string>> = {},
): Promise<S3Server> {
  const state = await makeLabDirectory();
  const printed = await mustRunScript(`${kind}-start.sh`, [state], env);
  const value = (name: string): string => {
    const found = new RegExp(`^export ${name}=(.*)$`, 'm').exec(printed)?.[1];
    assert.ok(found !== undefined, `${kind}-start.sh did not say ${name}`);
    return found;
  };
  const endpoint = value('S3_ENDPOINT');
  const accessKeyId = value('AWS_ACCESS_KEY_ID');
  const secretAccessKey = value('AWS_SECRET_ACCESS_KEY');
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({
    endpoint,
    credentials,
    region: 'us-east-1',
    forcePathStyle: true,
  });
  const other = {
    accessKeyId: value('S3_OTHER_ACCESS_KEY_ID'),
    secretAccessKey: value('S3_OTHER_SECRET_ACCESS_KEY'),
  };
  return {
    endpoint,
    accessKeyId,
    secretAccessKey,
    other,
    state,
    client,
    async stop() {
      client.destroy();
      await mustRunScript(`${kind}-stop.sh`, [state, '--wipe']);
    },
  };
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
