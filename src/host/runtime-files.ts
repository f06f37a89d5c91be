/**
 * Small files of this user and host that outlive a process and no boot: locks, and notes of what is frozen.
 *
 * The rule: no other user may fool palhm by such a file, or keep it from its work. In /run/lock everybody may make files, and who
 * comes first has the name. So root has a directory of its own in /run, where nobody else can make one. A file counts when it is a
 * regular file of this user alone, in a directory where others cannot take its name away; a symbolic link is not followed. What is
 * of somebody else is neither read nor waited for: the next directory is used.
 */
import { constants, fstatSync, ftruncateSync, lstatSync, unlinkSync } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, messageOf } from '../failure/failure.js';
import { temporaryDirectory } from './temporary-directory.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface RuntimeFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/** Of root. A unit gets it by `RuntimeDirectory=palhm`. */
const OF_ROOT = '/run/palhm';

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** Opens or makes it, for reading and writing, with the mode 0600. Failure SINK_UNAVAILABLE when there is no place for it. */
export async function openRuntimeFile(
  name: string,
  environment: Environment,
): Promise<RuntimeFile> {
  const refusals: string[] = [];
  for (const directory of directoriesOf(environment)) {
    const path = join(directory, nameOfUser(name));
    try {
      if (directory === OF_ROOT) await mkdir(directory, { mode: 0o700 }).catch(() => undefined);
      await confirmDirectory(directory);
      return { path, handle: await openOwn(path, O_CREAT) };
    } catch (error) {
      refusals.push(`${path}: ${messageOf(error)}`);
    }
  }
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: 'there is no place for the small files by which runs of this host know of each other',
    details: refusals,
    hint: 'look at what is there, and whose it is; a unit of systemd gets a place by RuntimeDirectory=palhm',
  });
}

/** Opens all that are there and whose name starts so, one after the other. Each of them is to be closed. */
export async function* openRuntimeFiles(
  start: string,
  environment: Environment,
): AsyncGenerator<RuntimeFile> {
  for (const directory of directoriesOf(environment)) {
    const names = await confirmDirectory(directory).then(
      () => readdir(directory),
      () => [],
    );
    for (const name of names.filter((one) => one.startsWith(nameOfUser(start)))) {
      const path = join(directory, name);
      const handle = await openOwn(path).catch(() => undefined);
      if (handle !== undefined) yield { path, handle };
    }
  }
}

/** Of an open file: who has only its descriptor is a process that was given it. */
export interface NamedDescriptor {
  readonly path: string;
  readonly fd: number;
}

/** Whether its name still leads to it: who has waited for the lock of one may have got that of one that was removed meanwhile. */
export function isStillNamed({ path, fd }: NamedDescriptor): boolean {
  const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const own = fstatSync(fd, { bigint: true });
  return named?.ino === own.ino && named.dev === own.dev;
}

/** Only for who has its lock: all others that wait for that look whether it is still named. */
export function removeRuntimeFile(file: NamedDescriptor): void {
  if (isStillNamed(file)) unlinkSync(file.path);
}

export function emptyRuntimeFile({ fd }: NamedDescriptor): void {
  ftruncateSync(fd);
}

/** In the order in which they are tried: two runs have to come to the same, also one of cron, which has no XDG_RUNTIME_DIR. */
function directoriesOf(environment: Environment): readonly string[] {
  const { PALHM_RUNTIME_DIRECTORY: chosen, XDG_RUNTIME_DIR: own } = environment;
  const places = [
    chosen,
    process.geteuid?.() === 0 ? OF_ROOT : undefined,
    '/run/lock',
    own,
    temporaryDirectory(environment),
  ];
  return places.filter((place) => place !== undefined);
}

function nameOfUser(name: string): string {
  return `palhm-${process.geteuid?.() ?? 0}-${name}`;
}

/** The kernel is asked whether it is writable: a unit may see it read-only, whatever its mode is. */
async function confirmDirectory(directory: string): Promise<void> {
  const { uid, mode } = await stat(directory);
  const isTrusted = uid === 0 || uid === process.geteuid?.();
  const isOpen = (mode & OTHERS_WRITE) !== 0 && (directory === OF_ROOT || (mode & STICKY) === 0);
  if (!isTrusted || isOpen) throw new Error(`others may change what is in ${directory}`);
  await access(directory, constants.W_OK | constants.X_OK);
}

async function openOwn(path: string, more = 0): Promise<FileHandle> {
  const handle = await open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | more, 0o600);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.uid !== process.geteuid?.() || stats.nlink !== 1)
      throw new Error('it is not a file of this user alone');
    await handle.chmod(0o600);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
