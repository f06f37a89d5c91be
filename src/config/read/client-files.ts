/**
 * Reads the files that clients hand in. Whoever writes them is not trusted with more than what the host's config allows, so a file
 * that cannot be read, or that somebody else may have written, is a problem of that client alone.
 *
 * The directory may belong to a user of its own, who receives the files: that user can speak for every client.
 */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { isErrno, messageOf } from '../../failure/failure.js';
import { readSmallFile } from '../../host/small-file.js';
import type { Parsed } from '../../units/parsed.js';
import { decodeUtf8 } from '../../units/utf8.js';
import { type Problems, report } from './diagnostics.js';
import { findExposures } from './exposure.js';
import { type Footprint, noteContent } from './footprint.js';
import { expandGlob } from './glob.js';
import { reasonOf, withoutMark } from './include.js';
import type { Span } from './source.js';
import type { ConfigNode } from './tree.js';

export interface ClientFile {
  /** The name of the client: that of the file without its ending. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** What is wrong with a file that cannot be used follows its name: "is a symbolic link". */
  readonly text: Parsed<string>;
  /** Where the host's config names the directory; undefined for what is just handed in. */
  readonly includedBy: Span | undefined;
}

/** In bytes. */
export const LARGEST_CLIENT_FILE = 64 * 1024;
export const CLIENT_ENDING = '.jsonc';

interface Reading {
  readonly footprint: Footprint;
  readonly problems: Problems;
}

/** In the order of their names. A directory that is not there, or that others than its owner may change, is reported. */
export async function readClientFiles(
  at: ConfigNode & { readonly value: unknown },
  { footprint, problems }: Reading,
): Promise<readonly ClientFile[]> {
  const directory = resolve(at.source.directory, String(at.value));
  try {
    const stats = await stat(directory);
    if (!stats.isDirectory()) throw new Error('it is not a directory');
    if (!(await mayBeBelieved(directory, stats.uid, { at, problems }))) return [];
    const paths = await expandGlob(`*${CLIENT_ENDING}`, { directory, footprint });
    const owners = new Set([0, process.geteuid?.() ?? 0, stats.uid]);
    return await Promise.all(paths.map((path) => readClientFile(path, { at, owners, footprint })));
  } catch (error) {
    const message = `The directory of clients "${String(at.value)}" cannot be read: ${reasonOf(error)}.`;
    report(problems, { code: 'CONFIG_NOT_FOUND', message, at });
    return [];
  }
}

/** As of a file that is included: for root it is an error, for anybody else a warning. */
async function mayBeBelieved(
  directory: string,
  owner: number,
  { at, problems }: { readonly at: ConfigNode; readonly problems: Problems },
): Promise<boolean> {
  const uid = process.geteuid?.() ?? 0;
  const exposures = await findExposures(directory, uid, owner);
  for (const { path, why, remedy } of exposures) {
    const message = `The directory of clients can be changed by others through ${path}: ${why}.`;
    if (uid === 0) report(problems, { code: 'CONFIG_WRITABLE', message, hint: remedy, at });
    else problems.warnings.push(`${message} ${remedy}`);
  }
  return uid !== 0 || exposures.length === 0;
}

interface Found {
  readonly at: Span;
  readonly owners: ReadonlySet<number>;
  readonly footprint: Footprint;
}

async function readClientFile(path: string, { at, owners, footprint }: Found): Promise<ClientFile> {
  const name = basename(path).slice(0, -CLIENT_ENDING.length);
  const text = await noteContent(path, footprint)
    .then(() => readText(path, owners))
    .catch((error: unknown): Parsed<string> => ({ ok: false, problem: wordProblem(error) }));
  return { name, path, text, includedBy: at };
}

async function readText(path: string, owners: ReadonlySet<number>): Promise<Parsed<string>> {
  const bytes = await readSmallFile(path, {
    largest: LARGEST_CLIENT_FILE,
    mayBeLink: false,
    confirm: (stats) => refuseForeign(stats, owners),
  });
  const decoded = decodeUtf8(bytes);
  return decoded.ok ? { ok: true, value: withoutMark(decoded.value) } : decoded;
}

class Foreign extends Error {}

/** What is open is looked at, so that nobody can put something else in its place in between. */
function refuseForeign(stats: Stats, owners: ReadonlySet<number>): void {
  const mode = stats.mode & 0o7777;
  if (!stats.isFile()) throw new Foreign('is not a regular file');
  if (stats.nlink !== 1) throw new Foreign('has a second name: it is hard-linked');
  if (!owners.has(stats.uid))
    throw new Foreign(`belongs to the user ${stats.uid}, who is not the owner of the directory`);
  if ((mode & 0o022) !== 0)
    throw new Foreign(`has the mode ${mode.toString(8)}: others than its owner may change it`);
}

function wordProblem(error: unknown): string {
  if (error instanceof Foreign) return messageOf(error);
  if (isErrno(error, 'ELOOP')) return 'is a symbolic link';
  return `cannot be read: ${reasonOf(error)}`;
}
