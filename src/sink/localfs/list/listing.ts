/** Lists a root: the copies that prove to be of this task, and the strangers, which palhm never touches. */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Listing } from '../../../copy/copy.js';
import { type Prefix, parsePrefix } from '../../../copy/prefix.js';
import { isErrno, messageOf } from '../../../failure/failure.js';
import { asSinkFailure } from '../../../host/sink-failure.js';
import { findNewest } from '../../find-newest.js';
import {
  asDamagedEntry,
  damagedEntry,
  type Entry,
  judgeCopy,
  judgeOriginal,
  listingOf,
  NOTHING,
  strangerEntry,
  summarize,
  unreadEntry,
} from '../../judge-copy.js';
import type { ListRequest, SinkContext } from '../../sink.js';
import { openRawManifest } from '../../stored-manifest.js';
import { readManifest, readRecords } from '../manifest-file.js';
import { isTrash, LOCK_NAME, PROBE_START, runOfPartial } from '../names.js';
import { rootExists } from '../root.js';
import { measureTree } from './measure-tree.js';

/**
 * A root on NFS costs a round trip per entry, so several entries are read at a time. More than this gains nothing, because Node
 * has only a few threads for files (four by default).
 */
const AT_ONCE = 8;

interface RootListing {
  readonly root: string;
  readonly context: SinkContext;
  readonly signal: AbortSignal | undefined;
}

/** What a `Dirent` and the `Stats` of lstat have in common. */
type EntryKind = Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

export async function listRoot(
  { root, context }: Omit<RootListing, 'signal'>,
  { newest, prefix, signal }: ListRequest,
): Promise<Listing> {
  const where = { root, context, signal };
  if (!(await rootExists(root))) return listingOf([]);
  return asSinkFailure(`list the root ${root}`, async () => {
    if (prefix !== undefined) return await listOne(where, prefix);
    const found = await readdir(root, { withFileTypes: true });
    if (newest !== undefined) return await listNewest(where, found, newest.now);
    const limit = pLimit(AT_ONCE);
    const entries = await Promise.all(
      found.map((entry) => limit(() => classify(where, entry.name, entry))),
    );
    return listingOf(entries);
  });
}

async function listOne(where: RootListing, name: string): Promise<Listing> {
  if (name.includes('/') || name === '' || name === '.' || name === '..') return listingOf([]);
  try {
    return listingOf([await classify(where, name, await lstat(join(where.root, name)))]);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENAMETOOLONG')) return listingOf([]);
    throw error;
  }
}

function listNewest(where: RootListing, found: readonly Dirent[], now: number): Promise<Listing> {
  const prefixes = found.flatMap((entry) =>
    entry.isDirectory() ? (parsePrefix(entry.name) ?? []) : [],
  );
  return findNewest(prefixes, {
    now,
    lookAtManifest: (prefix) => lookAtManifest(where, prefix),
    lookAtOriginal: (prefix) => lookAtOriginal(where, prefix),
    areSigned: where.context.checkSignature !== undefined,
  });
}

async function classify(where: RootListing, name: string, kind: EntryKind): Promise<Entry> {
  if ((name === LOCK_NAME || name.startsWith(PROBE_START)) && kind.isFile()) return NOTHING;
  if ((runOfPartial(name) !== undefined || isTrash(name)) && kind.isDirectory()) return NOTHING;
  if (kind.isSymbolicLink()) return strangerEntry(name, 'is a symbolic link');
  if (!kind.isDirectory()) return strangerEntry(name, 'is not a directory');
  const prefix = parsePrefix(name);
  if (prefix === undefined) return strangerEntry(name, 'its name is not the prefix of a copy');
  return (await lookAtManifest(where, prefix)) ?? (await lookAtOriginal(where, prefix));
}

function lookAtManifest(where: RootListing, prefix: Prefix): Promise<Entry | undefined> {
  return orEntryOfError(where, prefix, async (directory) => {
    const summary = await readManifest(directory, (text) =>
      summarize(openRawManifest(text, where.context)),
    );
    if (summary === undefined) return undefined;
    const records = await readRecords(directory);
    return judgeCopy({ summary, records }, prefix, where.context.task);
  });
}

function lookAtOriginal(where: RootListing, prefix: Prefix): Promise<Entry> {
  return orEntryOfError(where, prefix, async (directory) =>
    judgeOriginal(prefix, await measureTree(directory), where.context),
  );
}

/** One copy that cannot be read must not hide the others, be it for lack of rights or because the disk is damaged. */
async function orEntryOfError<T>(
  { root, signal }: RootListing,
  prefix: Prefix,
  work: (directory: string) => Promise<T>,
): Promise<T | Entry> {
  signal?.throwIfAborted();
  try {
    return await work(join(root, prefix.name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return NOTHING;
    const why = `cannot be read: ${messageOf(error)}`;
    if (isErrno(error, 'EACCES', 'EPERM')) return unreadEntry(prefix.name, why);
    if (isErrno(error, 'EIO', 'EUCLEAN', 'EBADMSG')) return damagedEntry(prefix.name, why);
    return asDamagedEntry(error, prefix);
  }
}
