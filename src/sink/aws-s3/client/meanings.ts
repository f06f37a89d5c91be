/** What the errors of a store mean: by the codes that AWS documents for S3, and those that other stores use for the same. */
import type { FailureCode } from '../../../failure/codes.js';

export interface Meaning {
  readonly code: FailureCode;
  readonly hint: string;
}

interface Row extends Meaning {
  readonly names: readonly string[];
  readonly statuses?: readonly number[];
}

/** Who knows which right it is says more. */
export const HINT_DENIED =
  'give this key the right to it: doc/s3.md has the smallest policy that will do';

/** A status counts when the name is not known: many an answer has no body that would say one. */
const MEANINGS: readonly Row[] = [
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

const AWAY: Meaning = {
  code: 'SINK_UNAVAILABLE',
  hint: 'check the network, "endpoint", "region" and the state of the store; then run again',
};

/** What the key service refuses comes under names of S3, such as AccessDenied; only the text tells. */
export const KEY_SERVICE: Meaning = {
  code: 'STORE_DENIED',
  hint: 'correct "server-side-encryption" and "kms-key-id", and let this key use that one (kms:GenerateDataKey, kms:Decrypt)',
};

/** Something answers, but not as a store does. */
export const NO_STORE: Meaning = {
  code: 'SINK_UNAVAILABLE',
  hint: 'correct "endpoint": it may lead to the console of the store, to a proxy or to a web server',
};

export function meaningOf(name: string, status: number | undefined): Meaning {
  return (
    MEANINGS.find(({ names }) => names.includes(name)) ??
    MEANINGS.find(({ statuses = [] }) => status !== undefined && statuses.includes(status)) ??
    AWAY
  );
}
