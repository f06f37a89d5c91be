import type { StorageClass } from '@aws-sdk/client-s3';

/** The SDK's list is that of AWS today; other stores, and AWS tomorrow, have further ones. */
export function openClass(storageClass: string): StorageClass {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an open list, sent as it is
  return storageClass as StorageClass;
}
