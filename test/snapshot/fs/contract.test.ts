/** Needs root; Debian packages: mount, util-linux, e2fsprogs, xfsprogs. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'node:test';
import { run } from '../../rig/btrfs.js';
import { makeFileSystem, whyNoFileSystem } from '../../rig/file-system.js';
import { describeProvider, type SnapshotRig } from '../contract.js';

for (const type of ['ext4', 'xfs'] as const)
  describe(type, { skip: whyNoFileSystem(type) }, () => {
    describeProvider(`a frozen file system, ${type}`, () => Promise.resolve(makeRig(type)), {
      isFrozen: true,
    });
  });

function makeRig(type: 'ext4' | 'xfs'): SnapshotRig {
  const files = makeFileSystem(type);
  const { top } = files;
  const source = { type: 'fs', mount: top } as const;
  const none = (): never => {
    throw new Error('nothing is made of it');
  };
  return {
    source,
    other: source,
    nameOf: () => 'none',
    gaps: [],
    async write(name, text) {
      await writeFile(join(top, '.new'), text, { flush: true });
      await rename(join(top, '.new'), join(top, name));
    },
    read: ({ path = '' }, name) => readFile(join(path, name), 'utf8').catch(() => undefined),
    remains: () => Promise.resolve([]),
    plant: none,
    obstacles: {
      async 'it is not mounted'() {
        files.unmount();
        return async () => files.mount();
      },
      async 'another one is mounted there'() {
        run('mount', '-t', 'tmpfs', 'none', top);
        return async () => void run('umount', top);
      },
      async 'somebody else has frozen it, and it stays so'() {
        run('fsfreeze', '-f', top);
        // It fails when it is not frozen any more.
        return async () => void run('fsfreeze', '-u', top);
      },
    },
    keepFromRemoving: none,
    cleanup: () => Promise.resolve(files.remove()),
  };
}
