/** Reads a committed copy in a bucket. */
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import { isOwnPath } from '../../../copy/object-path.js';
import type { Prefix } from '../../../copy/prefix.js';
import { RECORD_NAMES } from '../../../copy/records.js';
import { digestSource, pumpIntoPipe } from '../../byte-source.js';
import { copyNotFound } from '../../copy-not-found.js';
import type { SinkContext, StoredCopy, StoredPiece } from '../../sink.js';
import { explainManifest, openManifest } from '../../stored-manifest.js';
import { deleteKey, isEmpty, listKeys } from '../bucket/keys.js';
import { orAborted, type Store, urlOf } from '../bucket/store.js';
import { readManifestText, readText, writeText } from '../bucket/texts.js';
import { readMarkerText } from '../marker.js';
import { copyBase } from '../names.js';
import { fetchCommand } from './fetch-command.js';
import { objectSource } from './object-source.js';

interface CopyRoot {
  readonly store: Store;
  readonly context: SinkContext;
  /** The options by which the AWS CLI finds the store. */
  readonly awsOptions: readonly string[];
}

export function openStoredCopy(
  { store, context, awsOptions }: CopyRoot,
  prefix: Prefix,
): StoredCopy {
  const base = copyBase(store.base, prefix);
  const location = urlOf(store, base);
  const source = (pieces: readonly string[]) =>
    objectSource(
      store,
      pieces.map((path) => ({ path, key: base + path })),
    );
  return {
    location,
    directory: undefined,
    fetchCommand: (pieces) =>
      fetchCommand(
        store,
        pieces.map((path) => base + path),
        awsOptions,
      ),
    async manifest() {
      const named = { place: urlOf(store, base + MANIFEST_NAME), task: context.task };
      const manifest = await explainManifest(named, async () => {
        const stored = await readManifestText(store, base);
        return stored === undefined ? undefined : openManifest(stored.text, context);
      });
      if (manifest !== undefined) return manifest;
      if (await isOriginal(store, base)) return undefined;
      throw copyNotFound(location);
    },
    inventory: (signal) => orAborted(store, signal, (asked) => listPieces(asked, base)),
    read: (pieces, most) => pumpIntoPipe(source(pieces), most),
    digest: (pieces, watch) => digestSource(source(pieces), watch),
    async writeRecord(kind, text) {
      const key = base + RECORD_NAMES[kind];
      await writeText(store, key, text);
      if (await isThere(store, base)) return;
      // The copy was removed meanwhile. Nothing else would ever remove this record.
      await deleteKey(store, key);
      throw copyNotFound(location);
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
    // A key that ends in a slash stands for a directory.
    if (path !== '' && !path.endsWith('/') && !isOwnPath(path)) pieces.push({ path, size });
  }
  return pieces.sort((a, b) => (a.path < b.path ? -1 : 1));
}
