/** The properties of objects in a bucket: encryption, tags, a lock. */
import { type Duration, parseDuration } from '../../../units/duration.js';
import type { Parsed } from '../../../units/parsed.js';
import { type Cursor, child, parseAt } from '../../check/cursor.js';
import type { S3Param } from '../../check/types.gen.js';
import { type Problems, report } from '../../read/diagnostics.js';

export interface S3Tag {
  readonly key: string;
  readonly value: string;
}

export interface S3EncryptionPlan {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  /** Undefined: the store chooses the key. */
  readonly kmsKeyId: string | undefined;
}

export interface S3ObjectLockPlan {
  readonly mode: 'governance' | 'compliance';
  readonly retainFor: Duration;
}

/** Limits of AWS ("Categorizing your storage using tags"). Other stores have the same. */
const MOST_TAGS = 10;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
/** The limit that AWS has for the default of a bucket. A typing error must not lock copies for a thousand years. */
const LONGEST_LOCK_MS = 36_500 * 86_400_000;

export function resolveEncryption(
  at: Cursor<S3Param>,
  problems: Problems,
): S3EncryptionPlan | undefined {
  const algorithm = child(at, 'server-side-encryption', problems)?.value;
  const key = child(at, 'kms-key-id', problems);
  // An algorithm with an error is reported already; it is then not known whether the key goes with it.
  const isGiven = at.value['server-side-encryption'] !== undefined;
  if (key !== undefined && (algorithm === 'AES256' || !isGiven)) {
    report(problems, {
      code: 'CONFIG_VALUE',
      message:
        '"kms-key-id" needs "server-side-encryption" to be "aws:kms" or "aws:kms:dsse": no other uses a key of the key service.',
      at: key.node,
    });
  }
  return algorithm === undefined ? undefined : { algorithm, kmsKeyId: key?.value };
}

export function resolveTags(
  at: Cursor<NonNullable<S3Param['tags']>> | undefined,
  problems: Problems,
): readonly S3Tag[] {
  if (at === undefined) return [];
  const keys = Object.keys(at.value);
  if (keys.length > MOST_TAGS) {
    const message = `"tags" has ${keys.length} tags: stores take ${MOST_TAGS} for an object.`;
    report(problems, { code: 'CONFIG_VALUE', message, at: at.node });
  }
  return keys.flatMap((key) => {
    const tag = child(at, key, problems);
    return parseAt(tag, (value) => parseTag(key, value), problems) ?? [];
  });
}

function parseTag(key: string, value: string): Parsed<S3Tag> {
  const problem = problemOfKey(key) ?? problemOfText(value, 'value', LONGEST_VALUE);
  return problem === undefined
    ? { ok: true, value: { key, value } }
    : { ok: false, problem: `is no value of the tag ${JSON.stringify(key)}: ${problem}` };
}

function problemOfKey(key: string): string | undefined {
  if (key === '') return 'a tag needs a name';
  if (key.toLowerCase().startsWith('aws:')) return 'names that begin with "aws:" belong to AWS';
  return problemOfText(key, 'name', LONGEST_KEY);
}

function problemOfText(text: string, what: string, longest: number): string | undefined {
  if (!TAG_TEXT.test(text)) {
    return `a tag's ${what} has letters, digits, blanks and _ . : / = + - @ only`;
  }
  // The limit is in characters, not in UTF-16 units.
  const { length } = Array.from(text);
  return length <= longest
    ? undefined
    : `a tag's ${what} has at most ${longest} characters, this one ${length}`;
}

/**
 * Moving an object to another class creates a new version without a lock. The locked version stays behind it: invisible
 * in listings, but paid for.
 */
export function resolveObjectLock(
  at: Cursor<S3Param>,
  finalClass: string | undefined,
  problems: Problems,
): S3ObjectLockPlan | undefined {
  const lock = child(at, 'object-lock', problems);
  if (lock === undefined) return undefined;
  if (finalClass !== undefined) {
    report(problems, {
      code: 'CONFIG_VALUE',
      message:
        '"object-lock" and "rot-storage-class" exclude each other: a move makes a second version of each object, and the first is locked. Use "sink-storage-class", or a lifecycle rule of the bucket, which moves objects as they are.',
      at: lock.node,
    });
  }
  const mode = child(lock, 'mode', problems)?.value;
  const retainFor = parseAt(child(lock, 'retain-for', problems), parseRetainFor, problems);
  return mode === undefined || retainFor === undefined ? undefined : { mode, retainFor };
}

function parseRetainFor(text: string): Parsed<Duration> {
  const duration = parseDuration(text);
  if (!duration.ok || duration.value.ms <= LONGEST_LOCK_MS) return duration;
  return { ok: false, problem: 'is too long a lock: the most is 36500 days' };
}
