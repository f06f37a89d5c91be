/** A committed copy in a bucket, to be read. */
import { MANIFEST_NAME } from '../../copy/manifest.js';
import { isOwnPath } from '../../copy/own-paths.js';
import type { Prefix } from '../../copy/prefix.js';
import { RECORD_NAMES } from '../../copy/records.js';
import { Failure } from '../../failure/failure.js';
import { digestSource, pumpIntoPipe } from '../host/pumped-reader.js';
import { openManifest } from '../judge-copy.js';
import type { SinkContext, StoredCopy, StoredPiece } from '../sink.js';
import { readMarkerText } from './marker.js';
import { copyBase } from './names.js';
import { objectSource } from './object-reader.js';
import { deleteKey, isEmpty, listKeys, nameOf, readText, type Store, writeText } from './store.js';

interface Where {
  readonly store: Store;
  readonly context: SinkContext;
}

export function openStoredCopy({ store, context }: Where, prefix: Prefix): StoredCopy {
  const base = copyBase(store.base, prefix);
  const location = nameOf(store, base);
  const source = (pieces: readonly string[]) =>
    objectSource(
      store,
      pieces.map((path) => ({ path, key: base + path })),
    );
  return {
    location,
    async manifest() {
      const stored = await readText(store, base + MANIFEST_NAME);
      if (stored !== undefined) return openManifest(stored.text, context);
      if (await isOriginal(store, base)) return undefined;
      throw gone(location);
    },
    inventory: () => listPieces(store, base),
    read: async (pieces) => pumpIntoPipe(source(pieces)),
    digest: async (pieces, watch) => digestSource(source(pieces), watch),
    async writeRecord(kind, text) {
      const key = base + RECORD_NAMES[kind];
      await writeText(store, key, text);
      if (await isThere(store, base)) return;
      // Written beside a copy that was being removed: nobody would ever remove it.
      await deleteKey(store, key);
      throw gone(location);
    },
    close: async () => undefined,
  };
}

async function isOriginal(store: Store, base: string): Promise<boolean> {
  return !(await isEmpty(store, base)) && (await readMarkerText(store, base)) === undefined;
}

async function isThere(store: Store, base: string): Promise<boolean> {
  if ((await readMarkerText(store, base)) !== undefined) return false;
  return (await readText(store, base + MANIFEST_NAME)) !== undefined;
}

async function listPieces(store: Store, base: string): Promise<readonly StoredPiece[]> {
  const pieces: StoredPiece[] = [];
  for await (const { key, size } of listKeys(store, base)) {
    const path = key.slice(base.length);
    if (path !== '' && !isOwnPath(path)) pieces.push({ path, size });
  }
  return pieces.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function gone(location: string): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: `there is no copy ${location}`,
    hint: 'list the copies again',
  });
}
