/** A committed copy in a bucket, to be read. */
import { MANIFEST_NAME } from '../../copy/manifest.js';
import { isOwnPath } from '../../copy/object-path.js';
import type { Prefix } from '../../copy/prefix.js';
import { RECORD_NAMES } from '../../copy/records.js';
import { copyGone } from '../copy-gone.js';
import { openManifest } from '../judge-copy.js';
import { digestSource, pumpIntoPipe, type StreamHash } from '../pumped-reader.js';
import type { SinkContext, StoredCopy, StoredPiece } from '../sink.js';
import { objectSource } from './download/object-reader.js';
import { fetchCommand } from './fetch-command.js';
import { deleteKey, isEmpty, listKeys } from './keys.js';
import { readMarkerText } from './marker.js';
import { copyBase } from './names.js';
import { nameOf, orAborted, type Store } from './store.js';
import { readManifestText, readText, writeText } from './texts.js';
import { createPartHashes, type PartHashes } from './upload/part-hashes.js';

interface Where {
  readonly store: Store;
  readonly context: SinkContext;
  /** What the aws command line is told of the store. */
  readonly awsOptions: readonly string[];
}

export function openStoredCopy({ store, context, awsOptions }: Where, prefix: Prefix): StoredCopy {
  const base = copyBase(store.base, prefix);
  const location = nameOf(store, base);
  const source = (pieces: readonly string[]) =>
    objectSource(
      store,
      pieces.map((path) => ({ path, key: base + path })),
    );
  // While what has come is hashed there, it is written to the pipe here.
  const hashes = createPartHashes({ spareMainThread: true });
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
      const stored = await readManifestText(store, base);
      if (stored !== undefined) return openManifest(stored.text, context);
      if (await isOriginal(store, base)) return undefined;
      throw copyGone(location);
    },
    inventory: (signal) => orAborted(store, signal, (asked) => listPieces(asked, base)),
    read: (pieces) => pumpIntoPipe(source(pieces), openHash(hashes)),
    digest: (pieces, watch) => digestSource(source(pieces), watch, openHash(hashes)),
    async writeRecord(kind, text) {
      const key = base + RECORD_NAMES[kind];
      await writeText(store, key, text);
      if (await isThere(store, base)) return;
      // Written beside a copy that was being removed: nobody would ever remove it.
      await deleteKey(store, key);
      throw copyGone(location);
    },
    close: () => hashes.close(),
  };
}

function openHash(hashes: PartHashes): StreamHash {
  const hash = hashes.open({ sha256: false, crc32: false });
  return {
    async add(bytes) {
      hash.arrived(bytes);
      await hash.seal(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    },
    digest: () => hash.digest(),
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
