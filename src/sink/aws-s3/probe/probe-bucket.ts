/** Looks at how a bucket is set up. A backup needs none of it: what may not be looked at is said and no more. */
import { GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import type { Failure } from '../../../failure/failure.js';
import { carryOut, type Finding, note, type Outcome, ok, type Trial } from '../../probe.js';
import { lifecycleOf, versioningOf } from '../bucket/settings.js';
import type { Store } from '../bucket/store.js';
import { asStoreFailure, codeOf } from '../client/s3-failure.js';
import { judgeLifecycle, type LifecycleFact } from './lifecycle.js';

export interface BucketFacts {
  readonly findings: readonly Finding[];
  /** As far as is known. */
  readonly isVersioned: boolean;
}

export async function probeBucket(store: Store, signal: AbortSignal): Promise<BucketFacts> {
  let isVersioned = false;
  const facts: LifecycleFact[] = [];
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
        facts.push(...judgeLifecycle(rules, { base: store.base, isVersioned }));
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
    const finding = await carryOut({ ...trial, explain: unknown(trial) }, signal);
    if (finding !== undefined) findings.push(finding);
    for (const { name, outcome } of facts.splice(0)) {
      findings.push({ name, right: trial.right, hint: undefined, ...outcome });
    }
  }
  return { findings, isVersioned };
}

function unknown({ right = '' }: Trial) {
  return ({ code, message }: Failure): Omit<Finding, 'name' | 'right'> => {
    if (code !== 'STORE_DENIED') {
      return { state: 'note', detail: `the store does not say: ${message}`, hint: undefined };
    }
    return {
      state: 'note',
      detail: `not known: this key has no right ${right}, which no backup needs`,
      hint: undefined,
    };
  };
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

/** What AWS and Ceph say of a bucket that was made without it. */
const NO_LOCK = new Set(['ObjectLockConfigurationNotFoundError', 'NoSuchObjectLockConfiguration']);
