/**
 * A service on a volume, from classic snapshots of it; how long it takes beside a bare `lvcreate -s`.
 * For the packages see test/rig/lvm.ts. Runs in a guest: lvm.test.ts.
 */
import { makeLvm, run, snapshotMounts } from '../rig/lvm.js';
import { describeService } from './service.js';

const SIZE = '64 MiB';
/** The aim, and what a median of four, on whatever machine CI runs, is sure to be below. */
const MOST = process.env['PALHM_SOAK'] === undefined ? 2.5 : 1.5;

describeService('LVM', {
  skip: false,
  // A run takes half a minute there.
  backups: 4,
  make() {
    const lvm = makeLvm();
    const path = lvm.add('data-1', ['-L', '256M', lvm.group], 'ext4');
    const volume = `${lvm.group}/data-1`;
    const bare = (): number => {
      const startedAt = performance.now();
      run('lvcreate', '-s', '-y', '-L', '64M', '-n', 'bare', volume);
      const ms = performance.now() - startedAt;
      run('lvremove', '-y', `${lvm.group}/bare`);
      return ms;
    };
    return {
      data: path,
      snapshot: { type: 'lvm', volume, size: SIZE, mount: {} },
      remains: () => [...lvm.list().filter((name) => name !== 'data-1'), ...snapshotMounts()],
      mostMs: () => MOST * bare(),
      remove: () => lvm.remove(),
    };
  },
});
