/** What lies in a root: copies that prove to be this task's, and strangers, which are left alone. */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Listing } from '../../../copy/copy.js';
import { type Prefix, parsePrefix } from '../../../copy/prefix.js';
import { isErrno, messageOf } from '../../../failure/failure.js';
import { asSinkFailure } from '../../../host/sink-failure.js';
import {
  asDamaged,
  damagedOf,
  type Entry,
  factsOf,
  judgeCopy,
  judgeOriginal,
  NOTHING,
  openManifest,
  strangerOf,
} from '../../judge-copy.js';
import { asListing, findNewest } from '../../newest.js';
import type { ListRequest, SinkContext } from '../../sink.js';
import { readManifestText, readRecords } from '../manifest-file.js';
import { isTrash, LOCK_NAME, PROBE_START, runOfPartial } from '../names.js';
import { rootExists } from '../root.js';
import { measureTree } from './tree-size.js';

/** Roots on NFS take a round trip per entry; more at once than Node has threads for files gains nothing. */
const AT_ONCE = 8;

interface Where {
  readonly root: string;
  readonly context: SinkContext;
  readonly signal: AbortSignal | undefined;
}

/** Looked at where it lies: a `Dirent`, or the `Stats` of lstat. */
type Kind = Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

export async function listRoot(
  { root, context }: Omit<Where, 'signal'>,
  { newest, prefix, signal }: ListRequest,
): Promise<Listing> {
  const where = { root, context, signal };
  if (!(await rootExists(root))) return asListing([]);
  return asSinkFailure(`list the root ${root}`, async () => {
    if (prefix !== undefined) return await listOne(where, prefix);
    const found = await readdir(root, { withFileTypes: true });
    if (newest !== undefined) return await listNewest(where, found, newest.now);
    const limit = pLimit(AT_ONCE);
    const entries = await Promise.all(
      found.map((entry) => limit(() => classify(where, entry.name, entry))),
    );
    return asListing(entries);
  });
}

async function listOne(where: Where, name: string): Promise<Listing> {
  if (name.includes('/') || name === '' || name === '.' || name === '..') return asListing([]);
  try {
    return asListing([await classify(where, name, await lstat(join(where.root, name)))]);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENAMETOOLONG')) return asListing([]);
    throw error;
  }
}

function listNewest(where: Where, found: readonly Dirent[], now: number): Promise<Listing> {
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

async function classify(where: Where, name: string, kind: Kind): Promise<Entry> {
  if ((name === LOCK_NAME || name.startsWith(PROBE_START)) && kind.isFile()) return NOTHING;
  if ((runOfPartial(name) !== undefined || isTrash(name)) && kind.isDirectory()) return NOTHING;
  if (kind.isSymbolicLink()) return strangerOf(name, 'is a symbolic link');
  if (!kind.isDirectory()) return strangerOf(name, 'is not a directory');
  const prefix = parsePrefix(name);
  if (prefix === undefined) return strangerOf(name, 'its name is not the prefix of a copy');
  return (await lookAtManifest(where, prefix)) ?? (await lookAtOriginal(where, prefix));
}

function lookAtManifest(where: Where, prefix: Prefix): Promise<Entry | undefined> {
  return sayWhy(where, prefix, async (directory) => {
    const text = await readManifestText(directory);
    if (text === undefined) return undefined;
    const facts = factsOf(openManifest(text, where.context));
    return judgeCopy({ facts, records: await readRecords(directory) }, prefix, where.context.task);
  });
}

function lookAtOriginal(where: Where, prefix: Prefix): Promise<Entry> {
  return sayWhy(where, prefix, async (directory) =>
    judgeOriginal(prefix, await measureTree(directory), where.context),
  );
}

/** One copy that cannot be read, for lack of rights or by a damaged disk, must not hide the others. */
async function sayWhy<T>(
  { root, signal }: Where,
  prefix: Prefix,
  work: (directory: string) => Promise<T>,
): Promise<T | Entry> {
  signal?.throwIfAborted();
  try {
    return await work(join(root, prefix.name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return NOTHING;
    const why = `cannot be read: ${messageOf(error)}`;
    if (isErrno(error, 'EACCES', 'EPERM')) return strangerOf(prefix.name, why);
    if (isErrno(error, 'EIO', 'EUCLEAN', 'EBADMSG')) return damagedOf(prefix.name, why);
    return asDamaged(error, prefix);
  }
}
