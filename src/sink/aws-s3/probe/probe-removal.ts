/** Removes what a probe has written, by whatever way the rights leave open. */
import { DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../../failure/failure.js';
import { type Finding, TIDY_UP } from '../../probe.js';
import { deleteKey } from '../bucket/keys.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asStoreFailure } from '../client/s3-failure.js';
import type { Upload } from '../upload/uploads.js';

export interface ProbeRemains {
  readonly store: Store;
  readonly key: string;
  readonly isVersioned: boolean;
  /** Whether there may be an object. */
  readonly wasWritten: boolean;
  /** One that has not been aborted. */
  readonly upload: Upload | undefined;
}

/** What stays all the same is said. */
export async function removeProbe(remains: ProbeRemains): Promise<readonly Finding[]> {
  const { store, key, upload, isVersioned, wasWritten } = remains;
  if (!wasWritten && upload === undefined) return [];
  const name = urlOf(store, key);
  const obstacle =
    (upload === undefined ? undefined : await endUpload(upload)) ??
    (await tryTo(() => deleteKey(store, key)));
  if (obstacle !== undefined) {
    return [sayIt(`${name} stays: ${obstacle}`, 'remove it by hand; palhm takes no notice of it')];
  }
  if (!isVersioned || (await tryTo(() => removeVersions(store, key))) === undefined) return [];
  return [
    sayIt(
      `the bucket keeps an old version of ${name}, less than 1 KiB, which this key may not remove`,
      'let a lifecycle rule remove old versions (NoncurrentVersionExpiration)',
    ),
  ];
}

/** An upload that may not be aborted is made an object, which may go. */
async function endUpload(upload: Upload): Promise<string | undefined> {
  const obstacle = await tryTo(() => upload.abort());
  if (obstacle === undefined) return undefined;
  return (await tryTo(() => upload.complete())) === undefined ? undefined : obstacle;
}

/** On a versioned bucket the object is still there behind the marker of its removal, and is billed. */
async function removeVersions(store: Store, key: string): Promise<void> {
  const { bucket: Bucket, client } = store;
  await asStoreFailure(`remove the versions of ${urlOf(store, key)}`, async () => {
    const found = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: key }));
    for (const { VersionId } of [...(found.Versions ?? []), ...(found.DeleteMarkers ?? [])]) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: key, VersionId }));
    }
  });
}

async function tryTo(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function sayIt(detail: string, hint: string): Finding {
  return { name: TIDY_UP, state: 'note', detail, right: undefined, hint };
}
