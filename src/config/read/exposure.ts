/**
 * Who may change a config. It names commands that may run as root, so the rule is that of ssh (sshd_config(5), StrictModes): the
 * file and each directory and link on the way to it belong to root or to the user that palhm runs as, and nobody else may
 * write to them. A directory with the sticky bit, such as /tmp, may be open to all: nobody can replace what is another's there.
 */
import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isErrno } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';

/** A file, directory or link that lets others change the config. */
export interface Exposure {
  readonly path: string;
  /** Follows a colon: "its mode is 664". */
  readonly why: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** The directory of palhm itself. */
const PROGRAM = fileURLToPath(new URL('../../../../', import.meta.url));
const PROGRAM_FILE = join(PROGRAM, 'bin/palhm.js');
/** What palhm ships to be run or included. */
const SHIPPED = [join(PROGRAM, 'conf.d'), join(PROGRAM, 'samples')];

const ROOT = 0;
const OTHERS_WRITE = 0o022;
const GROUP_WRITES = 0o020;
const STICKY = 0o1000;

/**
 * What lets others than root and the user `uid` change the file. `path` is absolute and may have links in it. Of the descriptors
 * of palhm, such as /dev/stdin, those that lead to a file are followed; a pipe or a terminal is nothing that others could
 * write to later. `owner`: another user whom that may belong to which the path leads to, but nothing on the way. Throws errors of
 * the system.
 */
export async function findExposures(
  path: string,
  uid: number,
  owner: number = uid,
): Promise<readonly Exposure[]> {
  const found: Exposure[] = [];
  const program = await stat(PROGRAM_FILE);
  const real = owner === uid ? undefined : await realpath(path);
  for await (const { place, stats, isLost } of wayTo(path)) {
    if (isOfProgram(place, stats, program)) continue;
    const mayOwn = place === real ? owner : uid;
    const exposure = isLost ? lostExposure(place) : judge(place, stats, mayOwn);
    if (exposure !== undefined) found.push(exposure);
  }
  return found;
}

/** The way to palhm, and what it ships as long as no more users can write to it: they can write to the program all the same. */
function isOfProgram(place: string, stats: Stats, program: Stats): boolean {
  const isOnWay = PROGRAM.startsWith(join(place, '/'));
  if (!isOnWay && !SHIPPED.some((one) => join(place, '/').startsWith(join(one, '/')))) return false;
  if (stats.uid !== program.uid) return false;
  const writers = stats.isSymbolicLink() ? 0 : stats.mode & OTHERS_WRITE;
  const sameGroup = (writers & GROUP_WRITES) === 0 || stats.gid === program.gid;
  return sameGroup && (writers & ~program.mode) === 0;
}

interface Step {
  readonly place: string;
  readonly stats: Stats;
  /** Whether what the link leads to has no name here, so that nobody can see who may change it. */
  readonly isLost: boolean;
}

/** Every directory, link and file that the kernel meets on a path (path_resolution(7)), with the root directory first. */
async function* wayTo(path: string): AsyncGenerator<Step> {
  yield { place: '/', stats: await lstat('/'), isLost: false };
  const rest = partsOf(path);
  let directory = '/';
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const place = part === '..' ? dirname(directory) : join(directory, part);
    const stats = await lstat(place);
    if (!stats.isSymbolicLink()) {
      yield { place, stats, isLost: false };
      directory = place;
      continue;
    }
    const to = await readlink(place);
    const target = isAbsolute(to) ? to : `${directory}/${to}`;
    if ((await isOwnDevice(place)) || !(await isSame(place, target))) {
      yield await stepByDescriptor(place, stats);
      return;
    }
    yield { place, stats, isLost: false };
    if (isAbsolute(to)) directory = '/';
    rest.unshift(...partsOf(to));
  }
}

/**
 * Links in /proc lead to what is open, whatever their text says: to a pipe, to a file that was removed, to a file in another
 * root directory.
 */
async function isSame(link: string, to: string): Promise<boolean> {
  const open = await stat(link);
  try {
    const named = await stat(to);
    return named.dev === open.dev && named.ino === open.ino;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false;
    throw error;
  }
}

/** A terminal belongs to whoever has logged in, and everybody may write to /dev/null. */
async function isOwnDevice(place: string): Promise<boolean> {
  return (await isOwnDescriptor(place)) && (await stat(place)).isCharacterDevice();
}

async function isOwnDescriptor(place: string): Promise<boolean> {
  if (!/^\/proc\/\d+\/fd\/\d+$/.test(place)) return false;
  return dirname(place) === join('/proc', await readlink('/proc/self'), 'fd');
}

/** Of what has no name, a file without one, such as a here document, is judged as it is open. */
async function stepByDescriptor(place: string, stats: Stats): Promise<Step> {
  if (!(await isOwnDescriptor(place))) return { place, stats, isLost: true };
  const open = await stat(place);
  if (open.isFile()) return { place, stats: open, isLost: open.nlink > 0 };
  return { place, stats, isLost: open.isDirectory() };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function lostExposure(path: string): Exposure {
  return { path, why: 'palhm cannot see where it leads', remedy: NAME_THE_FILE };
}

const NAME_THE_FILE = 'Name the file itself, not by way of /proc';

function judge(path: string, stats: Stats, uid: number): Exposure | undefined {
  const quoted = quoteForShell(path);
  if (stats.uid !== ROOT && stats.uid !== uid) {
    const owner = uid === ROOT ? 'root' : String(uid);
    const chown = `Run chown ${stats.isSymbolicLink() ? '-h ' : ''}${owner} ${quoted}`;
    const remedy = path.startsWith('/proc/') ? NAME_THE_FILE : chown;
    return { path, why: `it belongs to the user ${stats.uid}`, remedy };
  }
  // The mode of a link means nothing.
  if (stats.isSymbolicLink() || (stats.mode & OTHERS_WRITE) === 0) return undefined;
  if (stats.isDirectory() && (stats.mode & STICKY) !== 0) return undefined;
  const mode = (stats.mode & 0o7777).toString(8).padStart(3, '0');
  return { path, why: `its mode is ${mode}`, remedy: `Run chmod go-w ${quoted}` };
}
