/** Removing a copy from a bucket: not while it is locked, and not without a word on what a bucket with versions keeps. */
import { randomUUID } from 'node:crypto';
import type { Copy } from '../../copy/copy.js';
import { parsePrefix } from '../../copy/prefix.js';
import type { Emit } from '../../events/events.js';
import { mayHaveLocks } from './client/store-promises.js';
import { isEmpty } from './keys.js';
import { removeBelow } from './marker.js';
import { copyBase } from './names.js';
import { refuseLocked } from './retention-lock.js';
import { type Store } from './store.js';
import { warnOfVersions } from './versions.js';

/** What is asked of the bucket itself is asked once. Failure COPY_LOCKED with the copy as it was. */
export function createRemoval(emit: Emit): (store: Store, copy: Copy) => Promise<void> {
  let locking: Promise<boolean> | undefined;
  let told: Promise<void> | undefined;
  return async (store, { prefix }) => {
    const { name } = prefix;
    if (parsePrefix(name) === undefined) throw new Error(`not a prefix: ${JSON.stringify(name)}`);
    const base = copyBase(store.base, prefix);
    if (await isEmpty(store, base)) return;
    // An answer that did not come is asked for again.
    locking ??= mayHaveLocks(store).catch((error: unknown) => {
      locking = undefined;
      throw error;
    });
    // A delete without a version succeeds on what is locked: it hides the copy and frees nothing.
    if (await locking) await refuseLocked(store, base, name);
    await removeBelow(store, base, `remove-${randomUUID()}`);
    told ??= warnOfVersions(store, emit);
    await told;
  };
}
