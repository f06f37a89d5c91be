/** Needs root; Debian packages: btrfs-progs, mount, tar. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeBtrfs, snapshotsIn, whyNoBtrfs } from '../rig/btrfs.js';
import { describeService } from './service.js';

describeService('btrfs', {
  skip: whyNoBtrfs(),
  make() {
    const btrfs = makeBtrfs(1024);
    const { top, data } = btrfs;
    const directory = join(top, 'snapshots');
    mkdirSync(directory);
    return {
      data,
      snapshot: { type: 'btrfs', subvolume: data, directory },
      remains: () => snapshotsIn(top),
      mostMs: () => 1000,
      remove: () => btrfs.remove(),
    };
  },
});
