/** Reads the settings of a bucket. No backup needs them, so a setting that this key may not read is only noted. */
import { GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import type { Failure } from '../../../failure/failure.js';
import { carryOut, type Finding, note, type Outcome, ok, type Trial } from '../../probe.js';
import { lifecycleOf, versioningOf } from '../bucket/settings.js';
import type { Store } from '../bucket/store.js';
import { asStoreFailure, codeOf } from '../client/s3-failure.js';
import { judgeLifecycle, type LifecycleFinding } from './lifecycle.js';

export interface BucketFindings {
  readonly findings: readonly Finding[];
  /** False also when it is not known. */
  readonly isVersioned: boolean;
}

export async function probeBucket(store: Store, signal: AbortSignal): Promise<BucketFindings> {
  let isVersioned = false;
  const lifecycle: LifecycleFinding[] = [];
  const trials: readonly Trial[] = [
    {
      name: 'versioning',
      right: 's3:GetBucketVersioning',
      async work() {
        const status = await versioningOf(store);
        isVersioned = status !== undefined;
        return judgeVersioning(status);
      },
    },
    {
      name: 'lifecycle',
      right: 's3:GetLifecycleConfiguration',
      async work() {
        const rules = await lifecycleOf(store);
        lifecycle.push(...judgeLifecycle(rules, { base: store.base, isVersioned }));
        return ok(rules.length === 0 ? 'no rules' : `rules: ${rules.length}`);
      },
    },
    {
      name: 'object lock',
      right: 's3:GetBucketObjectLockConfiguration',
      work: () => judgeLock(store),
    },
  ];
  const findings: Finding[] = [];
  for (const trial of trials) {
    const finding = await carryOut(
      { ...trial, explain: (failure) => noteUnknown(failure, trial) },
      signal,
    );
    if (finding !== undefined) findings.push(finding);
    for (const { name, outcome } of lifecycle.splice(0)) {
      findings.push({ name, right: trial.right, ...outcome });
    }
  }
  return { findings, isVersioned };
}

function noteUnknown(
  { code, message }: Failure,
  { right = '' }: Trial,
): Omit<Finding, 'name' | 'right'> {
  const detail =
    code === 'STORE_DENIED'
      ? `not known: this key has no right ${right}, which no backup needs`
      : `the store does not say: ${message}`;
  return { state: 'note', detail, hint: undefined };
}

function judgeVersioning(status: string | undefined): Outcome {
  if (status === undefined) return ok('off: what is removed is gone');
  return note(
    `${status === 'Enabled' ? 'on' : 'suspended'}: what palhm removes stays as an old version and is billed; "root-size-limit" does not count it`,
    'let a lifecycle rule remove old versions (NoncurrentVersionExpiration)',
  );
}

async function judgeLock({ client, bucket: Bucket }: Store): Promise<Outcome> {
  const configuration = await asStoreFailure('ask for the object lock of the bucket', async () => {
    try {
      const answer = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
      return answer.ObjectLockConfiguration;
    } catch (error) {
      if (NO_LOCK.has(codeOf(error))) return undefined;
      throw error;
    }
  });
  if (configuration?.ObjectLockEnabled !== 'Enabled') return ok('off');
  const { Mode, Days, Years } = configuration.Rule?.DefaultRetention ?? {};
  if (Mode === undefined) return ok('possible; new objects have none of their own');
  const time = Days === undefined ? `${Years ?? '?'} years` : `${Days} days`;
  return note(
    `every new object is locked for ${time} (${Mode.toLowerCase()})`,
    'expect what rotation removes to be billed until then',
  );
}

/** The errors of AWS and of Ceph for a bucket without object lock. */
const NO_LOCK = new Set(['ObjectLockConfigurationNotFoundError', 'NoSuchObjectLockConfiguration']);
