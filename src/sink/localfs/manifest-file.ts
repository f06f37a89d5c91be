/** Reads and writes the small files that palhm keeps beside the objects of a copy: the manifest and the records. */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_NAME } from '../../copy/manifest.js';
import { type CopyRecords, RECORD_NAMES, type RecordKind } from '../../copy/records.js';
import { Failure, isErrno } from '../../failure/failure.js';
import { exists, makeFile, syncDirectory, whileWritable } from '../../host/durable-files.js';
import { LARGEST } from '../../wire/decode.js';
import { parseRecords } from '../../wire/records.js';
import { LARGEST_MANIFEST, manifestTooLarge, notUtf8, readInTurn } from '../stored-manifest.js';
import { LOCK_NAME } from './names.js';

/**
 * What `parse` makes of the text of the manifest of the copy in this directory. Undefined when it has none. Failure
 * MANIFEST_INVALID; errors of the system pass unchanged. It never waits on a FIFO and never follows a link.
 */
export function readManifest<T>(
  directory: string,
  parse: (text: string) => T,
): Promise<T | undefined> {
  const path = join(directory, MANIFEST_NAME);
  return readOwnFile(path, LARGEST_MANIFEST, (handle, size) =>
    readInTurn(size, async () => parse(await readText(handle, path))),
  );
}

/** True when there is a root in this directory. */
export function holdsLock(directory: string): Promise<boolean> {
  return exists(join(directory, LOCK_NAME));
}

/** The records of the copy in this directory. A record that cannot be read counts as missing. */
export async function readRecords(directory: string): Promise<CopyRecords> {
  const read = (kind: RecordKind): Promise<string | undefined> =>
    readOwnFile(join(directory, RECORD_NAMES[kind]), LARGEST[`${kind}-record`], (handle) =>
      readText(handle, RECORD_NAMES[kind]),
    ).catch(() => undefined);
  return parseRecords({ verify: await read('verify'), drill: await read('drill') });
}

interface NewRecord {
  readonly kind: RecordKind;
  readonly text: string;
  readonly mode: number;
}

/** Replaces a record of the copy in this directory, durably and in one step. Errors of the system pass unchanged. */
export function writeRecord(directory: string, record: NewRecord): Promise<void> {
  return whileWritable(directory, () => replaceRecord(directory, record));
}

async function replaceRecord(directory: string, { kind, text, mode }: NewRecord): Promise<void> {
  const path = join(directory, RECORD_NAMES[kind]);
  const temporary = `${path}.${randomUUID()}`;
  try {
    const handle = await makeFile(temporary, mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

async function readOwnFile<T>(
  path: string,
  largest: number,
  read: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw notAFile(path);
      if (stats.size > largest) throw manifestTooLarge(path, stats.size);
      return await read(handle, stats.size);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (isErrno(error, 'ELOOP', 'ENXIO')) throw notAFile(path);
    throw error;
  }
}

async function readText(handle: FileHandle, path: string): Promise<string> {
  const bytes = await handle.readFile();
  if (!isUtf8(bytes)) throw notUtf8(path);
  return bytes.toString('utf8');
}

function notAFile(path: string): Failure {
  return new Failure({ code: 'MANIFEST_INVALID', message: `${path} is not a regular file` });
}
