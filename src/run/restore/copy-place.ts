/** `--from`: a copy named by where it lies. */
import { basename, dirname, resolve } from 'node:path';
import type { S3Plan } from '../../config/plan/sinks/aws-s3.js';
import type { LocalfsPlan } from '../../config/plan/sinks/localfs.js';
import { Failure } from '../../failure/failure.js';
import type { CopyPlace } from './request.js';

/** How a bucket is reached; what is left out is found as the AWS chain finds it. */
export interface BucketAccess {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
}

const KEEP_EVERYTHING = {
  prefix: { timespec: 'seconds' },
  retention: { copies: { type: 'none' }, size: { type: 'none' }, keep: undefined },
} as const;

/** Credentials as the chain finds them; the rest matters only to those who write. */
const READ_ONLY = {
  credentials: undefined,
  roleArn: undefined,
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
} as const;

/** From a path or `s3://BUCKET/ROOT/PREFIX`. Failure USAGE. */
export function placeOfCopy(from: string, access: BucketAccess): CopyPlace {
  if (from.startsWith('s3://')) return placeInBucket(from, access);
  if (Object.values(access).some((value) => value !== undefined)) throw notABucket(from);
  const directory = resolve(from);
  return { sink: localfsPlan(dirname(directory)), name: basename(directory) };
}

function placeInBucket(url: string, access: BucketAccess): CopyPlace {
  const [bucket = '', ...parts] = url
    .slice('s3://'.length)
    .split('/')
    .filter((part) => part !== '');
  const name = parts.pop();
  if (name === undefined) throw notACopy(url);
  return { sink: s3Plan(bucket, parts.join('/'), access), name };
}

function localfsPlan(root: string): LocalfsPlan {
  return { type: 'localfs', root, directoryMode: 0o700, fileMode: 0o600, ...KEEP_EVERYTHING };
}

function s3Plan(bucket: string, root: string, access: BucketAccess): S3Plan {
  const { endpoint, region, profile } = access;
  return {
    type: 'aws-s3',
    bucket,
    root,
    profile,
    region,
    endpoint,
    forcePathStyle: endpoint !== undefined,
    ...READ_ONLY,
    ...KEEP_EVERYTHING,
  };
}

function notABucket(from: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `--endpoint, --region and --profile are for buckets, and ${from} is a path`,
    hint: 'name a copy in a bucket as s3://BUCKET/ROOT/PREFIX',
  });
}

function notACopy(url: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `${url} does not name a copy`,
    hint: 'name it as s3://BUCKET/ROOT/PREFIX, as "palhm show" does',
  });
}
