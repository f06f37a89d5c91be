/** A bucket with versions frees nothing when an object is removed: it hides it behind a delete marker. */
import type { Emit } from '../../events/events.js';
import { lifecycleOf, rulesForAll, versioningOf } from './bucket-facts.js';
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

async function keepsVersions(store: Store): Promise<boolean> {
  return versioningOf(store).then(
    (status) => status === 'Enabled',
    () => false,
  );
}

async function expiresVersions(store: Store): Promise<boolean> {
  const rules = await lifecycleOf(store).catch(() => []);
  return rulesForAll(rules, store.base).some(
    ({ NoncurrentVersionExpiration }) => NoncurrentVersionExpiration !== undefined,
  );
}
