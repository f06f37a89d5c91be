/** A root with as many copies as one likes, whose manifests are only made when they are read. */
import { renderManifest } from '../../../../src/wire/manifest.js';
import { manifestOf, prefixAt } from '../../sinks.js';
import { lazyBody, zeroBody } from './body.js';
import type { FakeBucket } from './bucket.js';

const OBJECT_SIZE = 1000;

export function fillRoot(
  bucket: FakeBucket,
  base: string,
  { copies, objects }: { readonly copies: number; readonly objects: number },
): void {
  const paths = Array.from({ length: objects }, (_, index) => `databases/db${index}.sql.zst.pgp`);
  const modified = new Date();
  const storageClass = 'STANDARD';
  const object = { body: zeroBody(OBJECT_SIZE), modified, storageClass };
  for (let index = 0; index < copies; index++) {
    const prefix = prefixAt(index);
    const render = (): string => {
      const written = paths.map((path) => ({ path, size: OBJECT_SIZE, sha256: '0'.repeat(64) }));
      return renderManifest(manifestOf(prefix, written));
    };
    const facts = { size: Buffer.byteLength(render()), etag: `manifest-${index}` };
    const at = `${base}${prefix.name}/`;
    bucket.put(`${at}.palhm-manifest.json`, {
      body: lazyBody(facts, render),
      modified,
      storageClass,
    });
    for (const path of paths) bucket.put(at + path, object);
  }
}
