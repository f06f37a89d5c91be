/** Moves objects to another storage class: a copy of each onto itself, in parts where one request cannot take it all. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { isOwnPath } from '../../copy/object-path.js';
import { asStoreFailure } from './client/s3-failure.js';
import { listKeys } from './keys.js';
import { openClass } from './open-class.js';
import { nameOf, type Store } from './store.js';

export interface ClassChange {
  readonly store: Store;
  readonly storageClass: string;
  /** The most that one request copies: 5 GiB on AWS. */
  readonly copyLimit: number;
}

export const COPY_LIMIT = 5 * 1024 ** 3;

/** Every object below the base that is not of the class yet, but what palhm has to read itself: the manifest and the records. */
export async function changeClassBelow(change: ClassChange, base: string): Promise<void> {
  const { store, storageClass } = change;
  for await (const { key, size, storageClass: present } of listKeys(store, base)) {
    if (isOwnPath(key.slice(base.length)) || present === storageClass) continue;
    await asStoreFailure(`move ${nameOf(store, key)} to the storage class ${storageClass}`, () =>
      size <= change.copyLimit ? copyWhole(change, key) : copyInParts(change, key, size),
    );
  }
}

/** For an object that is no larger than the limit. */
export async function copyWhole({ store, storageClass }: ClassChange, key: string): Promise<void> {
  const request = {
    Bucket: store.bucket,
    Key: key,
    CopySource: sourceOf(store, key),
    MetadataDirective: 'COPY',
    StorageClass: openClass(storageClass),
  } as const;
  await store.client.send(new CopyObjectCommand(request));
}

/** The SDK has no helper for this. Nothing of it is seen until it is complete; until then the object is as it was. */
async function copyInParts(change: ClassChange, key: string, size: number): Promise<void> {
  const { client, bucket: Bucket } = change.store;
  const StorageClass = openClass(change.storageClass);
  const at = { Bucket, Key: key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, StorageClass }));
  try {
    const Parts = await copyParts(change, { ...at, UploadId }, size);
    const request = { ...at, UploadId, MultipartUpload: { Parts } };
    await client.send(new CompleteMultipartUploadCommand(request));
  } catch (error) {
    const abort = new AbortMultipartUploadCommand({ ...at, UploadId });
    // Also when nobody wants more. What cannot be aborted now goes with the copy; what is told is why it failed.
    await client.send(abort, { abortSignal: new AbortController().signal }).catch(() => undefined);
    throw error;
  }
}

async function copyParts(
  { store, copyLimit }: ClassChange,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  size: number,
): Promise<{ ETag: string | undefined; PartNumber: number }[]> {
  const CopySource = sourceOf(store, upload.Key);
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];
  for (let start = 0; start < size; start += copyLimit) {
    const CopySourceRange = `bytes=${start}-${Math.min(start + copyLimit, size) - 1}`;
    const PartNumber = parts.length + 1;
    const request = { ...upload, PartNumber, CopySource, CopySourceRange };
    const { CopyPartResult } = await store.client.send(new UploadPartCopyCommand(request));
    parts.push({ ETag: CopyPartResult?.ETag, PartNumber });
  }
  return parts;
}

/** A header that is decoded on the other side: `+`, `:`, blanks and everything beyond ASCII have to be encoded. */
function sourceOf({ bucket }: Store, key: string): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
