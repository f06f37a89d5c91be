/**
 * Who may change a config. It names commands that may run as root, so the rule is that of ssh (sshd_config(5), StrictModes): the
 * file and each directory and link on the way to it belong to root or to the user that palhm runs as, and nobody else may
 * write to them. A directory with the sticky bit, such as /tmp, may be open to all: nobody can replace what is another's there.
 */
import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteForShell } from '../../units/shell-quote.js';

/** A file, directory or link that lets others change the config. */
export interface Exposure {
  readonly path: string;
  /** Follows a colon: "its mode is 664". */
  readonly why: string;
  readonly remedy: string;
}

/** The directory of palhm itself. */
const PROGRAM = fileURLToPath(new URL('../../../../', import.meta.url));

const ROOT = 0;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * What lets others than root and the user `uid` change the file. `path` is absolute and may have links in it. A descriptor that
 * somebody has opened for palhm, such as /dev/stdin, is not looked at. Throws errors of the system.
 */
export async function findExposures(path: string, uid: number): Promise<readonly Exposure[]> {
  const found: Exposure[] = [];
  for await (const [place, stats] of wayTo(path)) {
    if (place === '/proc') break;
    const exposure = isOfProgram(place) ? undefined : judge(place, stats, uid);
    if (exposure !== undefined) found.push(exposure);
  }
  return found;
}

/** What ships with palhm and the way there: who can write to it can write to the program, which the user runs all the same. */
function isOfProgram(place: string): boolean {
  const directory = join(place, '/');
  return PROGRAM.startsWith(directory) || directory.startsWith(PROGRAM);
}

/** Every directory, link and file that the kernel meets on a path (path_resolution(7)), with the root directory first. */
async function* wayTo(path: string): AsyncGenerator<readonly [string, Stats]> {
  yield ['/', await lstat('/')];
  const rest = partsOf(path);
  let directory = '/';
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const place = part === '..' ? dirname(directory) : join(directory, part);
    const stats = await lstat(place);
    yield [place, stats];
    if (stats.isSymbolicLink()) {
      const to = await readlink(place);
      if (isAbsolute(to)) directory = '/';
      rest.unshift(...partsOf(to));
    } else directory = place;
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function judge(path: string, stats: Stats, uid: number): Exposure | undefined {
  const quoted = quoteForShell(path);
  if (stats.uid !== ROOT && stats.uid !== uid) {
    const owner = uid === ROOT ? 'root' : String(uid);
    const remedy = `chown ${stats.isSymbolicLink() ? '-h ' : ''}${owner} ${quoted}`;
    return { path, why: `it belongs to the user ${stats.uid}`, remedy };
  }
  // The mode of a link means nothing.
  if (stats.isSymbolicLink() || (stats.mode & OTHERS_WRITE) === 0) return undefined;
  if (stats.isDirectory() && (stats.mode & STICKY) !== 0) return undefined;
  const mode = (stats.mode & 0o7777).toString(8).padStart(3, '0');
  return { path, why: `its mode is ${mode}`, remedy: `chmod go-w ${quoted}` };
}
