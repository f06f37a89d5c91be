/** ListObjectsV2 and ListMultipartUploads, page by page. */
import { type Answer, xmlAnswer } from './answer.js';
import type { FakeBucket } from './bucket.js';
import type { Call } from './call.js';
import type { Rules } from './rules.js';

export function listObjects(bucket: FakeBucket, { query }: Call, rules: Rules): Answer {
  const after = fromToken(query.get('continuation-token') ?? query.get('start-after') ?? '');
  const most = Math.min(Number(query.get('max-keys') ?? rules.pageSize), rules.pageSize);
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (key: string) => key;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const Contents = [];
  const names = new Set<string>();
  let last = '';
  let IsTruncated = false;
  for (const [key, { body, modified, storageClass }] of bucket.list(prefix, after)) {
    const name = nameIn(key, prefix, delimiter);
    if (name !== undefined && (names.has(name) || name === after)) continue;
    IsTruncated = Contents.length + names.size === most;
    if (IsTruncated) break;
    last = name ?? key;
    const tag = { ETag: `"${body.etag}"`, Size: body.size, StorageClass: storageClass };
    if (name !== undefined) names.add(name);
    else Contents.push({ Key: encode(key), LastModified: modified.toISOString(), ...tag });
  }
  return xmlAnswer({
    ListBucketResult: {
      KeyCount: Contents.length + names.size,
      MaxKeys: most,
      IsTruncated,
      EncodingType: query.get('encoding-type') ?? undefined,
      NextContinuationToken: IsTruncated ? toToken(last) : undefined,
      Contents,
      CommonPrefixes: Array.from(names, (name) => ({ Prefix: encode(name) })),
    },
  });
}

/** What keys that go on alike up to the delimiter are listed as. */
function nameIn(key: string, prefix: string, delimiter: string): string | undefined {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end === -1 ? undefined : key.slice(0, end + delimiter.length);
}

/** Opaque to who uses it. */
function toToken(key: string): string {
  return `t-${Buffer.from(key).toString('base64url')}`;
}

function fromToken(token: string): string {
  return token.startsWith('t-') ? Buffer.from(token.slice(2), 'base64url').toString() : token;
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

export function listUploads(bucket: FakeBucket, { query }: Call, rules: Rules): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
  const all = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => (`${a.key}\0${a.id}` < `${b.key}\0${b.id}` ? -1 : 1))
    .filter(({ key, id }) => `${key}\0${id}` > after.join('\0') || after[0] === '');
  const page = all.slice(0, rules.pageSize);
  const last = all.length > page.length ? page.at(-1) : undefined;
  return xmlAnswer({
    ListMultipartUploadsResult: {
      IsTruncated: last !== undefined,
      NextKeyMarker: last?.key,
      NextUploadIdMarker: last?.id,
      Upload: page.map(({ key, id }) => ({ Key: key, UploadId: id })),
    },
  });
}
