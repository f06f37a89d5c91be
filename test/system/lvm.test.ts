/**
 * LVM: the contract of snapshots, and a service that writes. Debian packages: kmod busybox-static cpio user-mode-linux mmdebstrap
 * e2fsprogs. The image takes half a minute to make; PALHM_LAB_UML=DIR keeps it there.
 */
import { describeInGuest } from './lvm-guest.js';

describeInGuest('LVM', {
  files: [
    'snapshot/lvm/lvm.guest.js',
    'snapshot/lvm/contract.guest.js',
    'system/lvm-service.guest.js',
  ],
});
