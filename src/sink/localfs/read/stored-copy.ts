/** Reads a committed copy, which is a directory. */
import { join } from 'node:path';
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import type { Prefix } from '../../../copy/prefix.js';
import { isErrno } from '../../../failure/failure.js';
import { sinkFailureOf } from '../../../host/sink-failure.js';
import { createThreads } from '../../../host/threads/threads.js';
import { digestSource, pumpIntoPipe } from '../../byte-source.js';
import { copyNotFound } from '../../copy-not-found.js';
import type { SinkContext, StoredCopy } from '../../sink.js';
import { explainManifest, openManifest } from '../../stored-manifest.js';
import { readManifest, writeRecord } from '../manifest-file.js';
import { isBeingRemoved, sayRest } from '../remove/removing-note.js';
import { rootExists } from '../root.js';
import { listPieces } from './inventory.js';
import { digestFile, pieceSource, readFile } from './object-reader.js';

interface CopyRoot {
  readonly root: string;
  readonly fileMode: number;
  readonly context: SinkContext;
}

export function openStoredCopy({ root, fileMode, context }: CopyRoot, prefix: Prefix): StoredCopy {
  const directory = join(root, prefix.name);
  const threads = createThreads();
  return {
    location: directory,
    directory,
    fetchCommand: () => undefined,
    async manifest() {
      const named = { place: join(directory, MANIFEST_NAME), task: context.task };
      const manifest = await asCopyFailure(directory, () =>
        explainManifest(named, () =>
          readManifest(directory, (text) => openManifest(text, context)),
        ),
      );
      if (manifest !== undefined) return manifest;
      if (!(await rootExists(directory))) throw copyNotFound(directory);
      if (await isBeingRemoved(root, prefix.name))
        throw copyNotFound(directory).withDetails([`${directory} ${sayRest(prefix.name)}`]);
      return undefined;
    },
    inventory: (signal = context.signal) =>
      asCopyFailure(directory, () => listPieces(directory, signal)),
    async read(pieces, most) {
      const [path, ...others] = pieces;
      if (path === undefined || others.length > 0)
        return pumpIntoPipe(pieceSource(directory, pieces), most);
      return readFile({ directory, path, threads }, most);
    },
    async digest(pieces, watch) {
      const [path, ...others] = pieces;
      if (path === undefined || others.length > 0)
        return digestSource(pieceSource(directory, pieces), watch);
      return digestFile({ directory, path, threads }, watch);
    },
    writeRecord: (kind, text) =>
      asCopyFailure(directory, () => writeRecord(directory, { kind, text, mode: fileMode })),
    close: () => threads.close(),
  };
}

async function asCopyFailure<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw copyNotFound(directory);
    throw sinkFailureOf(error, `use ${directory}`);
  }
}
