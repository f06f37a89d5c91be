/** Lists and removes the keys of a bucket. Errors of the SDK become Failures here. */
import {
  type _Error,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { Failure } from '../../../failure/failure.js';
import { asStoreFailure, isMissing, statusOf } from '../client/s3-failure.js';
import { type Store, urlOf } from './store.js';

export interface FoundKey {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  /** Some stores do not name the usual class; then this is `STANDARD`. */
  readonly storageClass: string;
}

const DELETE_AT_ONCE = 1000;
const DELETE_SINGLY_AT_ONCE = 16;

/** Every key that begins with `start`, in the order of their bytes. Asks page by page. */
export async function* listKeys(store: Store, start: string): AsyncGenerator<FoundKey> {
  for await (const { decode, Contents = [] } of listPages(store, { Prefix: start })) {
    for (const { Key, Size, ETag, StorageClass } of Contents) {
      if (Key === undefined) continue;
      const storageClass = StorageClass ?? 'STANDARD';
      yield { key: decode(Key), size: Size ?? 0, etag: ETag ?? '', storageClass };
    }
  }
}

/** The beginnings of keys up to the first slash after `start`, each once: `root/a/`, however many keys lie below it. */
export async function* listNames(store: Store, start: string): AsyncGenerator<string> {
  const request = { Prefix: start, Delimiter: '/' };
  let last: string | undefined;
  for await (const { decode, CommonPrefixes = [], Contents = [] } of listPages(store, request)) {
    // A store that ignores the delimiter lists every key instead.
    const below = Contents.map(({ Key = '' }) => cutAtSlash(decode(Key), start));
    const names = [...CommonPrefixes.map(({ Prefix }) => Prefix && decode(Prefix)), ...below];
    for (const name of names) {
      if (name !== undefined && name !== '' && name !== last) yield name;
      last = name ?? last;
    }
  }
}

function cutAtSlash(key: string, start: string): string | undefined {
  const slash = key.indexOf('/', start.length);
  return slash === -1 ? undefined : key.slice(0, slash + 1);
}

interface Page extends Pick<ListObjectsV2CommandOutput, 'Contents' | 'CommonPrefixes'> {
  /** Turns a key as it is in the page into the real key. */
  readonly decode: (key: string) => string;
}

async function* listPages(
  store: Store,
  request: { readonly Prefix: string; readonly Delimiter?: string },
): AsyncGenerator<Page> {
  let ContinuationToken: string | undefined;
  do {
    const page = await asStoreFailure(`list ${store.location}`, () =>
      store.client.send(
        new ListObjectsV2Command({
          Bucket: store.bucket,
          EncodingType: 'url',
          ContinuationToken,
          ...request,
        }),
      ),
    );
    // XML cannot hold every character, so the store is asked to encode keys. Some stores do not do that.
    const decode = page.EncodingType === 'url' ? decodeKey : (key: string) => key;
    yield { ...page, decode };
    ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}

function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}

export async function isEmpty(store: Store, start: string): Promise<boolean> {
  const command = new ListObjectsV2Command({ Bucket: store.bucket, Prefix: start, MaxKeys: 1 });
  const page = await asStoreFailure(`list ${urlOf(store, start)}`, () =>
    store.client.send(command),
  );
  return (page.Contents ?? []).length === 0;
}

/** Succeeds when there is no such key. */
export async function deleteKey(store: Store, key: string): Promise<void> {
  const command = new DeleteObjectCommand({ Bucket: store.bucket, Key: key });
  await asStoreFailure(`remove ${urlOf(store, key)}`, async () => {
    try {
      await store.client.send(command);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  });
}

/** Removes every key that begins with `start`, except `spared`. Fails when the store refuses any of them. */
export async function deleteBelow(store: Store, start: string, spared: string): Promise<void> {
  let batch: string[] = [];
  for await (const { key } of listKeys(store, start)) {
    if (key === spared) continue;
    batch.push(key);
    if (batch.length < DELETE_AT_ONCE) continue;
    await deleteBatch(store, start, batch);
    batch = [];
  }
  if (batch.length > 0) await deleteBatch(store, start, batch);
}

/**
 * Removes at most 1000 keys, which begin with `start`. Keys that are not there count as removed. When the store refuses to
 * remove them with one request, they are removed one by one: Ceph wants the right to the former on the bucket itself, and
 * other stores do not know that request.
 */
export async function deleteBatch(
  store: Store,
  start: string,
  keys: readonly string[],
): Promise<'together' | 'one by one'> {
  try {
    await deleteTogether(store, start, keys);
    return 'together';
  } catch (error) {
    if (!isRefusedAsWhole(error)) throw error;
    for (let first = 0; first < keys.length; first += DELETE_SINGLY_AT_ONCE) {
      const some = keys.slice(first, first + DELETE_SINGLY_AT_ONCE);
      await Promise.all(some.map((key) => deleteKey(store, key)));
    }
    return 'one by one';
  }
}

function isRefusedAsWhole(error: unknown): boolean {
  if (!(error instanceof Failure) || error.cause === undefined) return false;
  return error.code === 'STORE_DENIED' || [405, 501].includes(statusOf(error.cause) ?? 0);
}

async function deleteTogether(store: Store, start: string, keys: readonly string[]): Promise<void> {
  const Delete = { Quiet: true, Objects: keys.map((Key) => ({ Key })) };
  const command = new DeleteObjectsCommand({ Bucket: store.bucket, Delete });
  const doing = `remove the objects of ${urlOf(store, start)}`;
  const { Errors } = await asStoreFailure(doing, () => store.client.send(command));
  const errors = (Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey');
  if (errors.length > 0) throw couldNotDelete(doing, errors);
}

const SHOWN_ERRORS = 5;

function couldNotDelete(doing: string, errors: readonly _Error[]): Failure {
  const denied = errors.some(({ Code }) => Code === 'AccessDenied');
  return new Failure({
    code: denied ? 'STORE_DENIED' : 'SINK_UNAVAILABLE',
    message: `cannot ${doing}: the store refused ${errors.length} of them`,
    details: errors
      .slice(0, SHOWN_ERRORS)
      .map(({ Key, Code, Message }) => `${Key ?? '?'}: ${Code ?? ''} ${Message ?? ''}`.trimEnd()),
    hint: denied
      ? 'give this key the right s3:DeleteObject; objects under a lock go when it has ended'
      : 'look at what the store says; then run again',
  });
}
