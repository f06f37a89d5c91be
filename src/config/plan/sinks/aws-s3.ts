/** The aws-s3 backend and its parameters. */

import type { RetentionPolicy } from '../../../copy/policy.js';
import type { PrefixFormat } from '../../../copy/prefix.js';
import { Failure } from '../../../failure/failure.js';
import { parseRate, parseSize } from '../../../units/bytes.js';
import type { Parsed } from '../../../units/parsed.js';
import { child, parseAt } from '../../check/cursor.js';
import type { S3Credentials, S3Param, S3Task } from '../../check/types.gen.js';
import type { Cursor } from '../../check/validate.js';
import type { Problems } from '../../read/problems.js';
import { textOf } from '../../read/source.js';
import { KEEP_EVERYTHING, resolvePrefix, resolveRetention } from '../retention.js';
import { refuseScratchDirectory } from '../scratch-directory.js';
import { resolveValue, type Value } from '../value.js';
import {
  resolveEncryption,
  resolveObjectLock,
  resolveTags,
  type S3EncryptionPlan,
  type S3ObjectLockPlan,
  type S3Tag,
} from './aws-s3-objects.js';

export interface S3Plan {
  readonly type: 'aws-s3';
  readonly bucket: string;
  /** What all keys begin with, without slashes at its ends; empty: the whole bucket. */
  readonly root: string;
  /** Undefined: as the chain of the AWS SDK finds it. */
  readonly profile: string | undefined;
  readonly region: string | undefined;
  readonly credentials: S3CredentialsPlan | undefined;
  /** A role that is assumed with these credentials. */
  readonly roleArn: string | undefined;
  /** Undefined: AWS itself. */
  readonly endpoint: string | undefined;
  /** The bucket in the path of the address, not in its host name. */
  readonly forcePathStyle: boolean;
  /** Whether uploads carry a checksum that the store has not asked for. */
  readonly checksum: 'when-supported' | 'when-required';
  /** Of new objects; undefined: the bucket's default. */
  readonly storageClass: string | undefined;
  /** What the objects of a copy are moved to once it is committed; undefined: they stay. */
  readonly finalStorageClass: string | undefined;
  readonly encryption: S3EncryptionPlan | undefined;
  /** Of every object; may be empty. */
  readonly tags: readonly S3Tag[];
  readonly objectLock: S3ObjectLockPlan | undefined;
  /** Bytes per second of all uploads of a run together; undefined: no limit. */
  readonly bandwidth: number | undefined;
  /** Bytes; undefined: chosen for each object. */
  readonly partSize: number | undefined;
  /** Parts of one object in memory at once; undefined: chosen by their size. */
  readonly queueSize: number | undefined;
  /** Parts that the store allows in one upload. */
  readonly maxParts: number;
  readonly prefix: PrefixFormat;
  readonly retention: RetentionPolicy;
}

export interface S3CredentialsPlan {
  readonly accessKeyId: Value;
  readonly secretAccessKey: Value;
  readonly sessionToken: Value | undefined;
}

/** What AWS allows, and most other stores as well. */
const SMALLEST_PART = 5 * 1024 ** 2;
const LARGEST_PART = 5 * 1024 ** 3;
const MAX_PARTS = 10_000;

export function resolveS3(task: Cursor<S3Task>, problems: Problems): S3Plan | undefined {
  const at = child(task, 'backend-param', problems);
  if (at === undefined) return undefined;
  const retention = resolveRetention(at, problems);
  const written = credentialsAt(at, problems);
  const partSize = resolveBytes(child(at, 'part-size', problems), parsePartSize, problems);
  const bandwidth = resolveBytes(child(at, 'bandwidth', problems), parseRate, problems);
  const ofObjects = {
    encryption: resolveEncryption(at, problems),
    tags: resolveTags(child(at, 'tags', problems), problems),
    objectLock: resolveObjectLock(at, finalClassOf(at.value), problems),
  };
  const bucket = child(at, 'bucket', problems)?.value;
  const root = child(at, 'root', problems)?.value;
  if (bucket === undefined || root === undefined) return undefined;
  const { value: param } = at;
  const storageClass = param['sink-storage-class'];
  return {
    type: 'aws-s3',
    bucket,
    root: trimSlashes(root),
    profile: profileOf(param),
    region: param.region,
    credentials: written,
    roleArn: param['role-arn'],
    endpoint: param.endpoint,
    forcePathStyle: param['force-path-style'] ?? param.endpoint !== undefined,
    checksum: param.checksum ?? 'when-supported',
    storageClass,
    finalStorageClass: finalClassOf(param),
    ...ofObjects,
    bandwidth,
    partSize,
    queueSize: param['queue-size'],
    maxParts: param['max-parts'] ?? MAX_PARTS,
    prefix: resolvePrefix(at, problems),
    retention,
  };
}

/** Keys have no directories: a slash at an end would make another key of the same place, `//` a part without a name. */
function trimSlashes(root: string): string {
  return root
    .split('/')
    .filter((part) => part !== '')
    .join('/');
}

/** The chain of the SDK looks at the environment first, and not at all when it is given a profile by name. */
function profileOf({ profile }: S3Param): string | undefined {
  return profile === 'default' ? undefined : profile;
}

/** Moving an object to the class that it has is an error on some stores and a bill on others. */
function finalClassOf(param: S3Param): string | undefined {
  const final = param['rot-storage-class'];
  return final === (param['sink-storage-class'] ?? 'STANDARD') ? undefined : final;
}

function credentialsAt(at: Cursor<S3Param>, problems: Problems): S3CredentialsPlan | undefined {
  const written = child(at, 'credentials', problems);
  if (written === undefined) return undefined;
  const value = (key: keyof S3Credentials) => {
    const one = child(written, key, problems);
    const resolved = one === undefined ? undefined : resolveValue(one, problems);
    if (one !== undefined && resolved !== undefined)
      refuseScratchDirectory([resolved], one.node, problems);
    return resolved;
  };
  const accessKeyId = value('access-key-id');
  const secretAccessKey = value('secret-access-key');
  const sessionToken = value('session-token');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** A number is read as it is written. */
function resolveBytes(
  written: Cursor<number | string> | undefined,
  parse: (text: string) => Parsed<number>,
  problems: Problems,
): number | undefined {
  if (written === undefined) return undefined;
  const { value, node } = written;
  const text = typeof value === 'number' ? textOf(node) : value;
  return parseAt({ value: text, node }, parse, problems);
}

function parsePartSize(text: string): Parsed<number> {
  const size = parseSize(text);
  if (!size.ok || (size.value >= SMALLEST_PART && size.value <= LARGEST_PART)) return size;
  return { ok: false, problem: 'is no part size: stores take 5 MiB to 5 GiB' };
}

/** How a bucket is reached; what is left out is found as the AWS chain finds it. */
export interface BucketAccess {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
}

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
  maxParts: MAX_PARTS,
} as const;

interface S3Place {
  readonly sink: S3Plan;
  readonly name: string;
}

const SCHEME = 's3://';

/** From `s3://BUCKET/ROOT/PREFIX`; undefined for what is no place in a bucket. Failure USAGE. */
export function s3PlaceOf(url: string, access: BucketAccess): S3Place | undefined {
  if (!url.startsWith(SCHEME)) return undefined;
  const [bucket = '', ...parts] = url
    .slice(SCHEME.length)
    .split('/')
    .filter((part) => part !== '');
  const name = parts.pop();
  if (name === undefined) throw notACopy(url);
  const sink: S3Plan = {
    type: 'aws-s3',
    bucket,
    root: parts.join('/'),
    ...access,
    forcePathStyle: access.endpoint !== undefined,
    ...READ_ONLY,
    ...KEEP_EVERYTHING,
  };
  return { sink, name };
}

function notACopy(url: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `${url} does not name a copy`,
    hint: 'name it as s3://BUCKET/ROOT/PREFIX, as "palhm show" does',
  });
}
