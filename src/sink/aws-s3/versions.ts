/** A bucket with versions frees nothing when an object is removed: it hides it behind a delete marker. */
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import type { Emit } from '../../events/events.js';
import type { Store } from './store.js';

/** Says so, unless a rule of the bucket removes what is hidden. Where it may not be asked, nothing is said. */
export async function warnOfVersions(store: Store, emit: Emit): Promise<void> {
  if (!(await keepsVersions(store)) || (await expiresVersions(store))) return;
  emit({
    type: 'warning',
    message: `the bucket ${store.bucket} keeps versions: what rotation removes is hidden by delete markers, but stays and is billed`,
    details: [
      `A lifecycle rule NoncurrentVersionExpiration for ${store.location} removes it: doc/s3.md has one.`,
    ],
  });
}

async function keepsVersions({ client, bucket: Bucket }: Store): Promise<boolean> {
  const request = new GetBucketVersioningCommand({ Bucket });
  return client.send(request).then(
    ({ Status }) => Status === 'Enabled',
    () => false,
  );
}

async function expiresVersions({ client, bucket: Bucket, base }: Store): Promise<boolean> {
  const request = new GetBucketLifecycleConfigurationCommand({ Bucket });
  const rules = await client.send(request).then(
    ({ Rules }) => Rules ?? [],
    () => [],
  );
  return rules.some((rule) => expires(rule, base));
}

/** Of a rule for tagged or large objects alone nothing can be said. */
function expires(rule: LifecycleRule, base: string): boolean {
  const { Filter, Status, NoncurrentVersionExpiration } = rule;
  if (Status !== 'Enabled' || NoncurrentVersionExpiration === undefined) return false;
  const others = Object.entries(Filter ?? {}).filter(
    ([name, value]) => name !== 'Prefix' && value !== undefined,
  );
  // oxlint-disable-next-line typescript/no-deprecated -- what older rules, and other stores, still say
  return others.length === 0 && base.startsWith(Filter?.Prefix ?? rule.Prefix ?? '');
}
