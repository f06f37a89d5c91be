/** The aws-s3 backend and its parameters. */

import { MANIFEST_NAME } from '../../../copy/manifest.js';
import type { RetentionPolicy } from '../../../copy/policy.js';
import { LONGEST_PREFIX, type PrefixFormat } from '../../../copy/prefix.js';
import { Failure } from '../../../failure/failure.js';
import { parseRate, parseSize } from '../../../units/bytes.js';
import type { Parsed } from '../../../units/parsed.js';
import { type Cursor, child, exactText, parseAt } from '../../check/cursor.js';
import type { S3Credentials, S3Param, S3Task } from '../../check/types.gen.js';
import { type Problems, report } from '../../read/diagnostics.js';
import type { PathLimit } from '../object-path.js';
import { KEEP_EVERYTHING, resolvePrefix, resolveRetention } from '../retention.js';
import { refuseFacts } from '../run-facts.js';
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
  /** Undefined: the AWS SDK looks for it in its usual places. */
  readonly profile: string | undefined;
  readonly region: string | undefined;
  readonly credentials: S3CredentialsPlan | undefined;
  /** A role that is assumed with these credentials. */
  readonly roleArn: string | undefined;
  /** Undefined: AWS itself. */
  readonly endpoint: string | undefined;
  /** Whether the bucket is in the path of a URL instead of in its host name. */
  readonly forcePathStyle: boolean;
  /** Whether uploads have a checksum even where the store does not require one. */
  readonly checksum: 'when-supported' | 'when-required';
  /** The class of new objects; undefined: the default of the bucket. */
  readonly storageClass: string | undefined;
  /** The class that objects get after the commit of their copy; undefined: they keep theirs. */
  readonly finalStorageClass: string | undefined;
  readonly encryption: S3EncryptionPlan | undefined;
  /** The tags of every object. */
  readonly tags: readonly S3Tag[];
  readonly objectLock: S3ObjectLockPlan | undefined;
  /** Bytes per second for all uploads of a run together; undefined: no limit. */
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

/** Limits of AWS. Most other stores have the same. */
const SMALLEST_PART = 5 * 1024 ** 2;
const LARGEST_PART = 5 * 1024 ** 3;
const MAX_PARTS = 10_000;

export function resolveS3(task: Cursor<S3Task>, problems: Problems): S3Plan | undefined {
  const at = child(task, 'backend-param', problems);
  if (at === undefined) return undefined;
  const retention = resolveRetention(at, problems);
  const credentials = credentialsAt(at, problems);
  const partSize = parseAt(exactText(child(at, 'part-size', problems)), parsePartSize, problems);
  const bandwidth = parseAt(exactText(child(at, 'bandwidth', problems)), parseRate, problems);
  const ofObjects = {
    encryption: resolveEncryption(at, problems),
    tags: resolveTags(child(at, 'tags', problems), problems),
    objectLock: resolveObjectLock(at, finalClassOf(at.value), problems),
  };
  const bucket = child(at, 'bucket', problems)?.value;
  const root = parseAt(child(at, 'root', problems), parseRoot, problems);
  refuseUserInfo(child(at, 'endpoint', problems), problems);
  if (bucket === undefined || root === undefined) return undefined;
  const { value: param } = at;
  const storageClass = param['sink-storage-class'];
  return {
    type: 'aws-s3',
    bucket,
    root,
    profile: profileOf(param),
    region: param.region,
    credentials,
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

/** Addresses are in plans, logs and records. */
function refuseUserInfo(endpoint: Cursor<string> | undefined, problems: Problems): void {
  if (endpoint?.value.includes('@') !== true) return;
  report(problems, {
    code: 'CONFIG_VALUE',
    message:
      '"endpoint" must not have a user or a password in it: addresses are shown in plans and logs.',
    hint: 'Put them into "credentials", as "access-key-id" and "secret-access-key".',
    at: endpoint.node,
  });
}

/** In keys a slash is a character like any other: `a/` and `a//b` would not be the directories that they look like. */
function trimSlashes(root: string): string {
  return root
    .split('/')
    .filter((part) => part !== '')
    .join('/');
}

/** Bytes of a key. Other stores have the same limit as AWS. */
const LONGEST_KEY = 1024;
/** What palhm appends to the key of an object that needs more than one upload; see names.ts of the sink. */
const LONGEST_SUFFIX = '.palhm-volume-9999'.length;

function parseRoot(text: string): Parsed<string> {
  const root = trimSlashes(text);
  const most = LONGEST_KEY - `//${MANIFEST_NAME}`.length - LONGEST_PREFIX;
  if (Buffer.byteLength(root) <= most) return { ok: true, value: root };
  return {
    ok: false,
    problem: `is too long: it may have ${most} bytes, since stores take keys of ${LONGEST_KEY} bytes`,
  };
}

/** The key of an object is the root, the prefix and the path. */
export function s3PathLimit({ root }: S3Plan): PathLimit {
  const start = root === '' ? '' : `${root}/`;
  const bytes = LONGEST_KEY - Buffer.byteLength(start) - LONGEST_PREFIX - 1 - LONGEST_SUFFIX;
  return {
    bytes,
    because: `stores take keys of ${LONGEST_KEY} bytes, and the root, the name of a copy and the number of a volume are a part of the key`,
  };
}

/** Without a profile the SDK looks at the environment first; with one, even "default", it does not look there at all. */
function profileOf({ profile }: S3Param): string | undefined {
  return profile === 'default' ? undefined : profile;
}

/** Undefined when both classes are the same: some stores refuse such a move, others charge for it. */
function finalClassOf(param: S3Param): string | undefined {
  const final = param['rot-storage-class'];
  return final === (param['sink-storage-class'] ?? 'STANDARD') ? undefined : final;
}

function credentialsAt(at: Cursor<S3Param>, problems: Problems): S3CredentialsPlan | undefined {
  const credentials = child(at, 'credentials', problems);
  if (credentials === undefined) return undefined;
  const value = (key: keyof S3Credentials) => {
    const one = child(credentials, key, problems);
    const resolved = one === undefined ? undefined : resolveValue(one, problems);
    if (one !== undefined && resolved !== undefined)
      refuseFacts([resolved], one.node, { facts: ['run:directory'], problems });
    return resolved;
  };
  const accessKeyId = value('access-key-id');
  const secretAccessKey = value('secret-access-key');
  const sessionToken = value('session-token');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
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
  if (access.endpoint?.includes('@') === true) throw namesAUser();
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

function namesAUser(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--endpoint must not have a user or a password in it',
    hint: 'give the key as AWS clients take it: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile',
  });
}

function notACopy(url: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `${url} does not name a copy`,
    hint: 'name it as s3://BUCKET/ROOT/PREFIX, as "palhm show" does',
  });
}
