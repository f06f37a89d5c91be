/** What really lies in a bucket, as another client sees it. */
import { ListMultipartUploadsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { parsePrefix } from '../../../src/copy/prefix.js';
import type { S3Server } from './server.js';

export async function keysBelow(
  server: S3Server,
  bucket: string,
  start: string,
): Promise<string[]> {
  const keys: string[] = [];
  const pages = paginateListObjectsV2({ client: server.client }, { Bucket: bucket, Prefix: start });
  for await (const page of pages) keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
  return keys;
}

export async function uploadsIn(server: S3Server, bucket: string): Promise<string[]> {
  const { Uploads } = await server.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return (Uploads ?? []).map(({ Key }) => Key ?? '');
}

/** Everything in a root that is neither a whole copy nor the lock, unfinished uploads included. */
export async function remainsOf(
  server: S3Server,
  bucket: string,
  root: string,
): Promise<readonly string[]> {
  const base = `${root}/`;
  const keys = (await keysBelow(server, bucket, base)).map((key) => key.slice(base.length));
  const nameOf = (key: string): string => key.split('/')[0] ?? '';
  const whole = new Set(
    keys.filter((key) => key === `${nameOf(key)}/${MANIFEST_NAME}`).map(nameOf),
  );
  for (const key of keys) if (key === `${nameOf(key)}/.palhm-open`) whole.delete(nameOf(key));
  const rest = keys.filter((key) => {
    if (key === '.palhm-lock') return false;
    return !whole.has(nameOf(key)) || parsePrefix(nameOf(key)) === undefined;
  });
  const uploads = (await uploadsIn(server, bucket)).filter((key) => key.startsWith(base));
  return [...rest, ...uploads.map((key) => `upload ${key}`)];
}
