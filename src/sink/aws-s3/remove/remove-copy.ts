/** Removes a copy from a bucket, unless an object lock keeps it. Warns when the bucket keeps what was removed as a version. */
import { randomUUID } from 'node:crypto';
import type { Copy } from '../../../copy/copy.js';
import { parsePrefix } from '../../../copy/prefix.js';
import type { Emit } from '../../../events/events.js';
import { leftAlone } from '../../left-alone.js';
import { mayHaveLocks } from '../bucket/capabilities.js';
import { lifecycleOf, rulesForAll, versioningOf } from '../bucket/settings.js';
import type { Store } from '../bucket/store.js';
import { readEntries } from '../list/entries.js';
import { removeBelow } from '../marker.js';
import { copyBase } from '../names.js';
import { refuseLocked } from '../write/retention-lock.js';

/**
 * Returns the function that removes a copy. It asks the questions about the bucket only once. Failure COPY_LOCKED leaves the
 * copy as it was.
 */
export function createRemoval(emit: Emit): (store: Store, copy: Copy) => Promise<void> {
  let hasLocks: Promise<boolean> | undefined;
  let warned: Promise<void> | undefined;
  return async (store, { prefix }) => {
    const { name } = prefix;
    if (parsePrefix(name) === undefined) throw new Error(`not a prefix: ${JSON.stringify(name)}`);
    const base = copyBase(store.base, prefix);
    const [found] = (await readEntries(store, base)).entries;
    if (found === undefined) return;
    const other = found.otherRoot ?? found.innerCopy;
    if (other !== undefined)
      throw leftAlone(`${store.location}/${name}`, `holds a root of its own (${other})`);
    hasLocks ??= mayHaveLocks(store).catch((error: unknown) => {
      // Without an answer the next removal asks again.
      hasLocks = undefined;
      throw error;
    });
    // A delete without a version succeeds even on a locked object. It hides the copy and frees nothing.
    if (await hasLocks) await refuseLocked(store, base, name);
    await removeBelow(store, base, `remove-${randomUUID()}`);
    warned ??= warnOfVersions(store, emit);
    await warned;
  };
}

/**
 * In a bucket with versions a removed object stays behind a delete marker, and is billed. Warns of that unless a lifecycle
 * rule of the bucket removes old versions. When this key may not ask, there is no warning.
 */
async function warnOfVersions(store: Store, emit: Emit): Promise<void> {
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
