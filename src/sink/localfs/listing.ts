/** What lies in a root: copies that prove to be this task's, and strangers, which are left alone. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Copy, Listing, Stranger } from '../../copy/copy.js';
import { comparePrefixes, type Prefix, parsePrefix } from '../../copy/prefix.js';
import { isErrno, messageOf } from '../../failure/failure.js';
import { asSinkFailure } from '../../host/sink-failure.js';
import {
  describeBadManifest,
  factsOf,
  judgeCopy,
  judgeOriginal,
  openManifest,
  type Verdict,
} from '../judge-copy.js';
import type { SinkContext } from '../sink.js';
import { readManifestText, readRecords } from './manifest-file.js';
import { isTrash, LOCK_NAME, PROBE_START, runOfPartial } from './names.js';
import { rootExists } from './root.js';
import { measureTree } from './tree-size.js';

type Entry =
  | { readonly type: 'copy'; readonly copy: Copy }
  | { readonly type: 'stranger'; readonly stranger: Stranger }
  /** Ours but no copy, or gone while we looked. */
  | { readonly type: 'nothing' };

const NOTHING: Entry = { type: 'nothing' };
/** Roots on NFS take a round trip per entry; more at once than Node has threads for files gains nothing. */
const AT_ONCE = 8;

export async function listRoot(root: string, context: SinkContext): Promise<Listing> {
  if (!(await rootExists(root))) return { copies: [], strangers: [] };
  return asSinkFailure(`list the root ${root}`, async () => {
    const limit = pLimit(AT_ONCE);
    const found = await readdir(root, { withFileTypes: true });
    const entries = await Promise.all(
      found.map((entry) => limit(() => classify({ root, context }, entry))),
    );
    return {
      copies: entries
        .flatMap((entry) => (entry.type === 'copy' ? [entry.copy] : []))
        .sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
      strangers: entries
        .flatMap((entry) => (entry.type === 'stranger' ? [entry.stranger] : []))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  });
}

interface Where {
  readonly root: string;
  readonly context: SinkContext;
}

async function classify(where: Where, entry: Dirent): Promise<Entry> {
  const { name } = entry;
  if ((name === LOCK_NAME || name.startsWith(PROBE_START)) && entry.isFile()) return NOTHING;
  if ((runOfPartial(name) !== undefined || isTrash(name)) && entry.isDirectory()) return NOTHING;
  if (entry.isSymbolicLink()) return stranger(name, 'is a symbolic link');
  if (!entry.isDirectory()) return stranger(name, 'is not a directory');
  const prefix = parsePrefix(name);
  if (prefix === undefined) return stranger(name, 'its name is not the prefix of a copy');
  try {
    return await judge(where, prefix);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return NOTHING;
    // One copy that cannot be read, for lack of rights or by a damaged disk, must not hide the others.
    if (isErrno(error, 'EACCES', 'EPERM', 'EIO', 'EUCLEAN', 'EBADMSG')) {
      const why = `cannot be read: ${messageOf(error)}`;
      return isErrno(error, 'EACCES', 'EPERM') ? stranger(name, why) : damaged(name, why);
    }
    throw error;
  }
}

async function judge(where: Where, prefix: Prefix): Promise<Entry> {
  try {
    const verdict = await judgeDirectory(where, prefix);
    return verdict.type === 'copy' ? verdict : stranger(prefix.name, verdict.why);
  } catch (error) {
    const why = describeBadManifest(error);
    if (why === undefined) throw error;
    return damaged(prefix.name, why);
  }
}

async function judgeDirectory({ root, context }: Where, prefix: Prefix): Promise<Verdict> {
  const directory = join(root, prefix.name);
  const text = await readManifestText(directory);
  if (text === undefined) {
    const { bytes, files } = await measureTree(directory);
    return judgeOriginal(prefix, { size: bytes, objects: files }, context);
  }
  const facts = factsOf(openManifest(text, context));
  return judgeCopy({ facts, records: await readRecords(directory) }, prefix, context.task);
}

function stranger(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why } };
}

function damaged(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why, damaged: true } };
}
