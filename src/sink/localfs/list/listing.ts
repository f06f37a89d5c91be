/** Lists a root: the copies that prove to be of this task, and the strangers, which palhm never touches. */
import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Listing } from '../../../copy/copy.js';
import { type Prefix, parsePrefix } from '../../../copy/prefix.js';
import { isErrno, messageOf } from '../../../failure/failure.js';
import { asSinkFailure, isSystemError } from '../../../host/sink-failure.js';
import { findNewest } from '../../find-newest.js';
import {
  asDamagedEntry,
  type Entry,
  isOriginal,
  judgeCopy,
  judgeOriginal,
  listingOf,
  NOTHING,
  onlyNamed,
  rootEntry,
  strangerEntry,
  summarize,
  unreadEntry,
} from '../../judge-copy.js';
import type { ListRequest, SinkContext } from '../../sink.js';
import { openRawManifest } from '../../stored-manifest.js';
import { holdsLock, readManifest, readRecords } from '../manifest-file.js';
import { isTrash, LOCK_NAME, PROBE_START, prefixOfNote, runOfPartial } from '../names.js';
import { isBeingRemoved, sayRest } from '../remove/removing-note.js';
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

/** Bytes, on Linux. */
const LONGEST_NAME = 255;

/** These say nothing about the entry. */
const OF_THIS_PROCESS = ['EMFILE', 'ENFILE', 'ENOMEM'];

export async function listRoot(
  { root, context }: Omit<RootListing, 'signal'>,
  { newest, prefix, signal }: ListRequest,
): Promise<Listing> {
  const where = { root, context, signal };
  if (!(await rootExists(root))) return listingOf([]);
  return asSinkFailure(`list the root ${root}`, async () => {
    if (prefix !== undefined) return await listOne(where, prefix);
    if (newest !== undefined) return await listNewest(where, newest.now);
    return await listAll(where);
  });
}

async function listAll(where: RootListing): Promise<Listing> {
  const names = await readdir(where.root);
  const limit = pLimit(AT_ONCE);
  return listingOf(await Promise.all(names.map((name) => limit(() => classify(where, name)))));
}

async function listOne(where: RootListing, name: string): Promise<Listing> {
  if (name.includes('/') || name === '' || name === '.' || name === '..') return listingOf([]);
  if (Buffer.byteLength(name) > LONGEST_NAME) return listingOf([]);
  const entry = await classify(where, name);
  return isOriginal(entry) ? onlyNamed(await listAll(where), name) : listingOf([entry]);
}

async function listNewest(where: RootListing, now: number): Promise<Listing> {
  const prefixes = (await readdir(where.root)).flatMap((name) => parsePrefix(name) ?? []);
  return await findNewest(prefixes, {
    now,
    lookAtManifest: (prefix) => lookAtManifest(where, prefix),
    lookAtOriginal: (prefix) => lookAtOriginal(where, prefix),
    areSigned: where.context.checkSignature !== undefined,
  });
}

async function classify(where: RootListing, name: string): Promise<Entry> {
  const prefix = parsePrefix(name);
  if (prefix === undefined)
    return orEntryOfError(where, name, async (path) => classifyOther(name, await lstat(path)));
  return (await lookAtManifest(where, prefix)) ?? (await lookAtOriginal(where, prefix));
}

/** What does not have the name of a copy. */
function classifyOther(name: string, kind: Stats): Entry {
  if (isOwnFile(name) && kind.isFile()) return NOTHING;
  if ((runOfPartial(name) !== undefined || isTrash(name)) && kind.isDirectory()) return NOTHING;
  return noDirectory(name, kind) ?? strangerEntry(name, 'its name is not the prefix of a copy');
}

function noDirectory(name: string, kind: Stats): Entry | undefined {
  if (kind.isSymbolicLink()) return strangerEntry(name, 'is a symbolic link');
  return kind.isDirectory() ? undefined : strangerEntry(name, 'is not a directory');
}

function isOwnFile(name: string): boolean {
  return name === LOCK_NAME || name.startsWith(PROBE_START) || prefixOfNote(name) !== undefined;
}

function lookAtManifest(where: RootListing, prefix: Prefix): Promise<Entry | undefined> {
  return orEntryOfError(where, prefix.name, async (directory) => {
    const stranger = noDirectory(prefix.name, await lstat(directory));
    if (stranger !== undefined) return stranger;
    const summary = await readManifest(directory, (text) =>
      summarize(openRawManifest(text, where.context)),
    );
    if (summary === undefined) return undefined;
    if (await holdsLock(directory)) return rootEntry(prefix, LOCK_NAME);
    const records = await readRecords(directory);
    return judgeCopy({ summary, records }, prefix, where.context.task);
  });
}

function lookAtOriginal(where: RootListing, prefix: Prefix): Promise<Entry> {
  return orEntryOfError(where, prefix.name, async (directory) => {
    if (await isBeingRemoved(where.root, prefix.name))
      return strangerEntry(prefix.name, sayRest(prefix.name));
    return await judgeOriginal(prefix, await measureTree(directory), where.context);
  });
}

/**
 * One entry that cannot be read must not hide the others, whatever is wrong with it: its rights, its disk, a mount below the
 * root. But when the root itself cannot be reached any more, that is the failure of the listing.
 */
async function orEntryOfError<T>(
  { root, signal }: RootListing,
  name: string,
  work: (path: string) => Promise<T>,
): Promise<T | Entry> {
  signal?.throwIfAborted();
  try {
    return await work(join(root, name));
  } catch (error) {
    if (!isSystemError(error)) return asDamagedEntry(error, name);
    if (isErrno(error, 'ENOENT')) return NOTHING;
    if (isErrno(error, ...OF_THIS_PROCESS)) throw error;
    await rootExists(root);
    return unreadEntry(name, `cannot be read: ${messageOf(error)}`);
  }
}
