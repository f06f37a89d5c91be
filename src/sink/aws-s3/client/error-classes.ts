/**
 * The failure code and the hint for each error of a store. The names are those that AWS documents for S3, and those that
 * other stores use for the same errors.
 */
import type { FailureCode } from '../../../failure/codes.js';

export interface ErrorClass {
  readonly code: FailureCode;
  readonly hint: string;
}

interface Row extends ErrorClass {
  readonly names: readonly string[];
  readonly statuses?: readonly number[];
}

/** A caller that knows the missing right gives a better hint. */
export const HINT_DENIED =
  'give this key the right to it: doc/s3.md has the smallest policy that will do';

/** The status is used only when the name is not known. Many answers have no body that would hold a name. */
const ERROR_CLASSES: readonly Row[] = [
  {
    names: ['AccessDenied', 'AllAccessDisabled', 'Forbidden'],
    statuses: [401, 403],
    code: 'STORE_DENIED',
    hint: HINT_DENIED,
  },
  {
    names: [
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'InvalidSecurity',
      'InvalidClientTokenId',
    ],
    code: 'STORE_WRONG_KEY',
    hint: 'check the access key and its secret; a blank or a line break at the end of a file counts',
  },
  {
    names: [
      'ExpiredToken',
      'ExpiredTokenException',
      'TokenRefreshRequired',
      'InvalidToken',
      'RequestExpired',
    ],
    code: 'STORE_CREDENTIALS_EXPIRED',
    hint: 'renew the session ("aws sso login"), or use credentials that do not expire for a nightly run',
  },
  {
    names: ['CredentialsProviderError', 'TokenProviderError'],
    code: 'STORE_NO_CREDENTIALS',
    hint: 'set "credentials" or "profile", AWS_ACCESS_KEY_ID, or give the instance a role; systemd sets no HOME for a service',
  },
  {
    names: ['RequestTimeTooSkewed'],
    code: 'STORE_CLOCK_SKEWED',
    hint: 'set the clock of this host (timedatectl, chronyc)',
  },
  {
    names: ['NoSuchBucket'],
    code: 'STORE_NO_BUCKET',
    hint: 'make the bucket, or correct "bucket" or "endpoint"',
  },
  {
    names: [
      'PermanentRedirect',
      'TemporaryRedirect',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
    ],
    statuses: [301, 307],
    code: 'STORE_WRONG_REGION',
    hint: 'set "region" to that of the bucket',
  },
  {
    names: ['QuotaExceeded'],
    statuses: [507],
    code: 'SINK_FULL',
    hint: 'raise the quota, or lower the limits of the rotation',
  },
  {
    names: ['EntityTooLarge'],
    code: 'SINK_FULL',
    hint: 'the store does not take objects of this size: lower "max-parts" or "part-size"',
  },
  {
    names: ['InvalidStorageClass'],
    code: 'SINK_UNAVAILABLE',
    hint: 'the store does not know this storage class: correct or leave out "sink-storage-class", "rot-storage-class"',
  },
  {
    names: [],
    statuses: [400, 501],
    code: 'SINK_UNAVAILABLE',
    hint: 'the store does not take this: compare its storage class, "server-side-encryption", "tags", "region", "checksum", "part-size" and "max-parts" with what it supports',
  },
];

const UNREACHABLE: ErrorClass = {
  code: 'SINK_UNAVAILABLE',
  hint: 'check the network, "endpoint", "region" and the state of the store; then run again',
};

/** Refusals of the key service have the same names as those of S3, such as AccessDenied. Only their text differs. */
export const KEY_SERVICE: ErrorClass = {
  code: 'STORE_DENIED',
  hint: 'correct "server-side-encryption" and "kms-key-id", and let this key use that one (kms:GenerateDataKey, kms:Decrypt)',
};

/** For an answer that no S3 store would give. */
export const NO_STORE: ErrorClass = {
  code: 'SINK_UNAVAILABLE',
  hint: 'correct "endpoint": it may lead to the console of the store, to a proxy or to a web server',
};

/** For bytes that are not those that were stored. */
export const ROTTEN: ErrorClass = {
  code: 'COPY_DAMAGED',
  hint: 'take another copy: "palhm verify --copy all" says which are whole',
};

export function classifyError(name: string, status: number | undefined): ErrorClass {
  return (
    ERROR_CLASSES.find(({ names }) => names.includes(name)) ??
    ERROR_CLASSES.find(({ statuses = [] }) => status !== undefined && statuses.includes(status)) ??
    UNREACHABLE
  );
}
