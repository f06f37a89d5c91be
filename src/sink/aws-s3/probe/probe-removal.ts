/** Removes what a probe has written, in any way that the rights of the key allow. */
import { DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { failureOf } from '../../../failure/failure.js';
import { type Finding, TIDY_UP } from '../../probe.js';
import { deleteKey } from '../bucket/keys.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asStoreFailure } from '../client/s3-failure.js';
import type { ProbeUpload } from './probe-upload.js';

export interface ProbeRemains {
  readonly store: Store;
  readonly key: string;
  readonly isVersioned: boolean;
  /** True when there may be an object. */
  readonly wasWritten: boolean;
  /** An upload that has not been aborted. */
  readonly upload: ProbeUpload | undefined;
}

/** The findings name what could not be removed. */
export async function removeProbe(remains: ProbeRemains): Promise<readonly Finding[]> {
  const { store, key, upload, isVersioned, wasWritten } = remains;
  if (!wasWritten && upload === undefined) return [];
  const name = urlOf(store, key);
  const obstacle =
    (upload === undefined ? undefined : await endUpload(upload)) ??
    (await messageOfFailure(() => deleteKey(store, key)));
  if (obstacle !== undefined) {
    return [
      noteRemains(`${name} stays: ${obstacle}`, 'remove it by hand; palhm takes no notice of it'),
    ];
  }
  if (!isVersioned || (await messageOfFailure(() => removeVersions(store, key))) === undefined)
    return [];
  return [
    noteRemains(
      `the bucket keeps an old version of ${name}, less than 1 KiB, which this key may not remove`,
      'let a lifecycle rule remove old versions (NoncurrentVersionExpiration)',
    ),
  ];
}

/** An upload that this key may not abort is completed. Then there is an object, which it may be able to remove. */
async function endUpload(upload: ProbeUpload): Promise<string | undefined> {
  const obstacle = await messageOfFailure(() => upload.abort());
  if (obstacle === undefined) return undefined;
  return (await messageOfFailure(() => upload.complete())) === undefined ? undefined : obstacle;
}

/** In a bucket with versions the removed object stays behind a delete marker and is billed. */
async function removeVersions(store: Store, key: string): Promise<void> {
  const { bucket: Bucket, client } = store;
  await asStoreFailure(`remove the versions of ${urlOf(store, key)}`, async () => {
    const found = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: key }));
    for (const { VersionId } of [...(found.Versions ?? []), ...(found.DeleteMarkers ?? [])]) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: key, VersionId }));
    }
  });
}

/** Undefined when the work succeeds. */
async function messageOfFailure(work: () => Promise<void>): Promise<string | undefined> {
  return (await failureOf(work))?.message;
}

function noteRemains(detail: string, hint: string): Finding {
  return { name: TIDY_UP, state: 'note', detail, right: undefined, hint };
}
