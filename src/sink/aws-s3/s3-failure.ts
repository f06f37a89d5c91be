/** How an error of the AWS SDK becomes a Failure. */
import type { FailureCode } from '../../failure/codes.js';
import { Failure, messageOf } from '../../failure/failure.js';

/** Does the work; an error of the store or of the way to it becomes a Failure. `doing` follows "cannot". */
export async function asking<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asS3Failure(error, doing);
  }
}

interface Meaning {
  readonly code: FailureCode;
  readonly hint: string;
}

const DENIED: Meaning = {
  code: 'STORE_DENIED',
  hint: 'give this key the right to it: doc/s3.md has the smallest policy that will do',
};
const WRONG_KEY: Meaning = {
  code: 'STORE_DENIED',
  hint: 'check the access key and its secret; a blank or a line break at the end of a file counts',
};
const EXPIRED: Meaning = {
  code: 'STORE_CREDENTIALS_EXPIRED',
  hint: 'renew the session ("aws sso login"), or use credentials that do not expire for a nightly run',
};
const NO_CREDENTIALS: Meaning = {
  code: 'STORE_NO_CREDENTIALS',
  hint: 'set "credentials" or "profile", AWS_ACCESS_KEY_ID, or give the instance a role; systemd sets no HOME for a service',
};
const KEY_SERVICE: Meaning = {
  code: 'STORE_DENIED',
  hint: 'correct "server-side-encryption" and "kms-key-id", and let this key use that one (kms:GenerateDataKey, kms:Decrypt)',
};
const SKEWED: Meaning = {
  code: 'STORE_CLOCK_SKEWED',
  hint: 'set the clock of this host (timedatectl, chronyc)',
};
const WRONG_REGION: Meaning = {
  code: 'STORE_WRONG_REGION',
  hint: 'set "region" to that of the bucket',
};
const FULL: Meaning = {
  code: 'SINK_FULL',
  hint: 'raise the quota, or lower the limits of the rotation',
};

/** By the codes that AWS documents for S3, and those that other stores use for the same. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  AccessDenied: DENIED,
  AllAccessDisabled: DENIED,
  Forbidden: DENIED,
  KMSAccessDeniedException: DENIED,
  InvalidAccessKeyId: WRONG_KEY,
  SignatureDoesNotMatch: WRONG_KEY,
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  TokenRefreshRequired: EXPIRED,
  InvalidToken: EXPIRED,
  RequestExpired: EXPIRED,
  CredentialsProviderError: NO_CREDENTIALS,
  TokenProviderError: NO_CREDENTIALS,
  RequestTimeTooSkewed: SKEWED,
  NoSuchBucket: {
    code: 'STORE_NO_BUCKET',
    hint: 'make the bucket, or correct "bucket" or "endpoint"',
  },
  PermanentRedirect: WRONG_REGION,
  AuthorizationHeaderMalformed: WRONG_REGION,
  IllegalLocationConstraintException: WRONG_REGION,
  QuotaExceeded: FULL,
  EntityTooLarge: {
    code: 'SINK_FULL',
    hint: 'the store does not take objects of this size: lower "max-parts" or "part-size"',
  },
  InvalidStorageClass: {
    code: 'SINK_UNAVAILABLE',
    hint: 'the store does not know this storage class: correct or leave out "sink-storage-class"',
  },
};

const REFUSED: Meaning = {
  code: 'SINK_UNAVAILABLE',
  hint: 'the store does not take this: compare its storage class, "server-side-encryption", "tags", "region", "checksum" and "part-size" with what it supports',
};

const AWAY: Meaning = {
  code: 'SINK_UNAVAILABLE',
  hint: 'check the network, "endpoint" and the state of the store; then run again',
};

export function asS3Failure(error: unknown, doing: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  if (error.name === 'AbortError' || isDefect(error)) return error;
  const name = codeOf(error);
  const { code, hint } =
    ofKeyService(error, name) ?? MEANINGS[name] ?? byStatus(statusOf(error)) ?? AWAY;
  return new Failure({
    code,
    message: `cannot ${doing}: ${describe(error, name)}`,
    details: detailsOf(error),
    hint,
    cause: error,
  });
}

/** The HTTP status of an error of the store; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = metadataOf(error, 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

function metadataOf(error: unknown, field: string): unknown {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  return Object.entries(metadata).find(([name]) => name === field)?.[1];
}

/** The store's own name for an error, such as `NoSuchKey`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name;
}

export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(codeOf(error));
}

/** What the key service refuses comes under names of S3, such as AccessDenied; only the text tells. */
function ofKeyService(error: Error, name: string): Meaning | undefined {
  const isRefused = [400, 403].includes(statusOf(error) ?? 0);
  return isRefused && /\bkms\b/i.test(`${name} ${error.message}`) ? KEY_SERVICE : undefined;
}

function byStatus(status: number | undefined): Meaning | undefined {
  if (status === 401 || status === 403) return DENIED;
  if (status === 301 || status === 307) return WRONG_REGION;
  if (status === 507) return FULL;
  return status === 400 || status === 501 ? REFUSED : undefined;
}

/** Errors that the SDK or the system has made carry a code or an answer; a mistake of palhm carries neither. */
function isDefect(error: Error): boolean {
  const known = '$metadata' in error || 'code' in error || '$fault' in error;
  return !known && ['TypeError', 'ReferenceError', 'RangeError'].includes(error.name);
}

function describe(error: Error, name: string): string {
  const said = messageOf(error).trim();
  if (said === '' || said === 'UnknownError') return `the store says ${name}`;
  return said.includes(name) || name === 'Error' ? said : `${name}: ${said}`;
}

function detailsOf(error: Error): readonly string[] {
  const request = metadataOf(error, 'requestId');
  return typeof request === 'string' ? [`request ${request}`] : [];
}
