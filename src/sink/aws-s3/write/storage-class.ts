/**
 * Moves objects to another storage class. Each object is copied onto itself, in parts when it is too large for one request.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type StorageClass,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { isOwnPath } from '../../../copy/object-path.js';
import { listKeys } from '../bucket/keys.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asStoreFailure } from '../client/s3-failure.js';

export interface ClassChange {
  readonly store: Store;
  readonly storageClass: string;
  /** The most bytes that one request copies: 5 GiB on AWS. */
  readonly copyLimit: number;
}

export const COPY_LIMIT = 5 * 1024 ** 3;

/** Changes the class of every object below the base, except of the manifest and the records, which palhm has to read. */
export async function changeClassBelow(change: ClassChange, base: string): Promise<void> {
  const { store, storageClass } = change;
  for await (const { key, size, storageClass: present } of listKeys(store, base)) {
    if (isOwnPath(key.slice(base.length)) || present === storageClass) continue;
    await asStoreFailure(`move ${urlOf(store, key)} to the storage class ${storageClass}`, () =>
      size <= change.copyLimit ? copyWhole(change, key) : copyInParts(change, key, size),
    );
  }
}

/** For an object that is no larger than the limit. Errors are those of the SDK. */
export async function copyWhole({ store, storageClass }: ClassChange, key: string): Promise<void> {
  const request = {
    Bucket: store.bucket,
    Key: key,
    CopySource: sourceOf(store, key),
    MetadataDirective: 'COPY',
    StorageClass: asStorageClass(storageClass),
  } as const;
  await store.client.send(new CopyObjectCommand(request));
}

/** The SDK has no helper for this. The object stays as it was until the upload is completed. */
async function copyInParts(change: ClassChange, key: string, size: number): Promise<void> {
  const { client, bucket: Bucket } = change.store;
  const StorageClass = asStorageClass(change.storageClass);
  const at = { Bucket, Key: key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, StorageClass }));
  try {
    const Parts = await copyParts(change, { ...at, UploadId }, size);
    const request = { ...at, UploadId, MultipartUpload: { Parts } };
    await client.send(new CompleteMultipartUploadCommand(request));
  } catch (error) {
    const abort = new AbortMultipartUploadCommand({ ...at, UploadId });
    // Not ended by the signal of the run. An upload that stays is aborted when the copy is removed. The first error is told.
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

/** The store decodes this header, so `+`, `:`, spaces and everything beyond ASCII must be encoded. */
function sourceOf({ bucket }: Store, key: string): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** The type of the SDK has only the classes that AWS has now. Other stores have further ones. */
export function asStorageClass(storageClass: string): StorageClass {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an open list, sent as it is
  return storageClass as StorageClass;
}
