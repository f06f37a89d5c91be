/** What lies in a root: copies that prove to be this task's, and strangers, which are left alone. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { Copy, Stranger } from '../../copy/copy.js';
import type { Manifest } from '../../copy/manifest.js';
import { comparePrefixes, type Prefix, parsePrefix } from '../../copy/prefix.js';
import { Failure, isErrno, messageOf } from '../../failure/failure.js';
import { storing } from '../host/store-failure.js';
import { factsOf, judgeCopy, originalCopy } from '../judge-copy.js';
import type { Listing } from '../sink.js';
import { readManifest } from './manifest-file.js';
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

export async function listRoot(root: string, task: string): Promise<Listing> {
  if (!(await rootExists(root))) return { copies: [], strangers: [] };
  return storing(`list the root ${root}`, async () => {
    const limit = pLimit(AT_ONCE);
    const found = await readdir(root, { withFileTypes: true });
    const entries = await Promise.all(
      found.map((entry) => limit(() => classify({ root, task }, entry))),
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
  readonly task: string;
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
    if (isErrno(error, 'EACCES', 'EPERM')) {
      return stranger(name, `cannot be read: ${messageOf(error)}`);
    }
    throw error;
  }
}

async function judge(where: Where, prefix: Prefix): Promise<Entry> {
  const directory = join(where.root, prefix.name);
  let manifest: Manifest | undefined;
  try {
    manifest = await readManifest(directory);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return stranger(prefix.name, `its manifest is damaged: ${error.message}`);
  }
  if (manifest === undefined)
    return { type: 'copy', copy: await measureOriginal(directory, prefix) };
  const verdict = judgeCopy(factsOf(manifest), prefix, where.task);
  return verdict.type === 'copy' ? verdict : stranger(prefix.name, verdict.why);
}

async function measureOriginal(directory: string, prefix: Prefix): Promise<Copy> {
  const { bytes, files } = await measureTree(directory);
  return originalCopy(prefix, { size: bytes, objects: files });
}

function stranger(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why } };
}
