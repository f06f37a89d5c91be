/** The aws-s3 backend and its parameters. */
import type { Parsed } from '../../../units/parsed.js';
import { parseRate } from '../../../units/rate.js';
import { parseSize } from '../../../units/size.js';
import { child, parseAt } from '../../check/cursor.js';
import type { S3Credentials, S3Param, S3Task } from '../../check/types.gen.js';
import type { Cursor } from '../../check/validate.js';
import type { Problems } from '../../read/problems.js';
import { textOf } from '../../read/source.js';
import type { S3CredentialsPlan, S3Plan } from '../plan.js';
import { resolvePrefix, resolveRetention } from '../retention.js';
import { refuseScratchDirectory } from '../scratch-directory.js';
import { resolveValue } from '../value.js';
import { resolveEncryption, resolveObjectLock, resolveTags } from './aws-s3-objects.js';

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
