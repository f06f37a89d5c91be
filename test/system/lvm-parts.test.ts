/**
 * Parts of the disk of a guest, in a guest with its own kernel: see lvm.test.ts, also for the packages; fdisk, cryptsetup-bin and zstd are installed in the guest.
 */
import { describeInGuest } from './lvm-guest.js';

describeInGuest('parts of disks', {
  packages: ['fdisk', 'cryptsetup-bin', 'zstd'],
  files: [
    'snapshot/part/part.guest.js',
    'snapshot/part/lvm-part.guest.js',
    'system/lvm-parts.guest.js',
  ],
});
