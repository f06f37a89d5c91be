/** Which file systems are mounted where. The source is the table of the kernel: proc_pid_mountinfo(5). */
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { FailureCode } from '../failure/codes.js';
import { Failure, isErrno } from '../failure/failure.js';
import { quoteForShell } from '../units/shell-quote.js';

export interface Mount {
  readonly id: string;
  /** The mount that the mount point is on. Undefined when it cannot be reached, as above the root of the file system. */
  readonly parent: string | undefined;
  /** The file system, also when it is mounted more than once. */
  readonly device: string;
  /** The directory of the file system that is mounted, from its top. */
  readonly root: string;
  readonly mountPoint: string;
  /** Such as `ext4`, `nfs4`. */
  readonly type: string;
  /** What is mounted, such as a device or `server:/export`. */
  readonly source: string;
  /** Of the file system: `upperdir=/srv/upper`. */
  readonly options: readonly string[];
}

const TABLE = '/proc/self/mountinfo';

/** The mount that a path is on. `path` is absolute and has no symbolic links. Undefined where there is no /proc. */
export async function findMount(path: string): Promise<Mount | undefined> {
  return chooseMount(path, await listMounts());
}

export async function listMounts(): Promise<readonly Mount[]> {
  return parseMounts(await readFile(TABLE, 'utf8').catch(() => ''));
}

/** The mount points at or below a path, also those of bind mounts, those that are files, and those that another path leads to. */
export async function findMountsBelow(path: string): Promise<readonly string[]> {
  const directory = await realpath(dirname(path)).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (directory === undefined) return [];
  const mounts = parseMounts(await readFile(TABLE, 'utf8'));
  return chooseMountsBelow({ directory, name: basename(path) }, mounts);
}

/**
 * What is below a path is told by the place in the file system: where the file system is mounted twice, as by `mount --bind`,
 * what is mounted by the other path has another name and goes along all the same.
 */
export function chooseMountsBelow(
  { directory, name }: { readonly directory: string; readonly name: string },
  mounts: readonly Mount[],
): readonly string[] {
  const path = join(directory, name);
  // Not the mount of the path itself, which may be one of those that are looked for.
  const on = chooseMount(directory, mounts);
  const parents = new Map(
    mounts.filter(({ device }) => device === on?.device).map((mount) => [mount.id, mount]),
  );
  const found = mounts.filter(({ parent, mountPoint }) => {
    const under = parents.get(parent ?? '');
    return on && under && isBelow(placeOn(under, mountPoint), placeOn(on, path));
  });
  // What is mounted in those, which is on other file systems, has to be unmounted first.
  const tops = [path, ...found.map(({ mountPoint }) => mountPoint)];
  return mounts
    .map(({ mountPoint }) => mountPoint)
    .filter((point) => tops.some((top) => isBelow(point, top)));
}

/** Where a path is in the file system of the mount that it is on, from the top of that. */
function placeOn({ root, mountPoint }: Mount, path: string): string {
  return join(root, relative(mountPoint, path));
}

export interface DoomedTree {
  readonly path: string;
  /** For the message. */
  readonly name: string;
  readonly code: FailureCode;
}

/**
 * Failure when something is mounted in a tree that is to be moved or removed: it would go along, or lose its files. What is
 * mounted after this look is not seen, so nothing may stand between it and the move or the removal.
 */
export async function refuseMounts({ path, name, code }: DoomedTree): Promise<void> {
  const mounts = await findMountsBelow(path);
  if (mounts.length === 0) return;
  throw new Failure({
    code,
    message: `something is mounted in ${name}, which was left alone: ${mounts.join(', ')}`,
    hint: `unmount it first: umount ${mounts.toReversed().map(quoteForShell).join(' ')}`,
  });
}

/** The mount that `path` is on: from mount to mount, as the kernel walks a path. The later of two on one mount point hides the other. */
export function chooseMount(path: string, mounts: readonly Mount[]): Mount | undefined {
  const onTheWay = mounts.filter(({ mountPoint }) => isBelow(path, mountPoint));
  let found: Mount | undefined;
  for (;;) {
    const next = onTheWay
      .filter(({ parent }) => parent === found?.id)
      .reduce<Mount | undefined>(
        (first, mount) =>
          first !== undefined && first.mountPoint.length < mount.mountPoint.length ? first : mount,
        undefined,
      );
    if (next === undefined) return found;
    found = next;
  }
}

/** In the order of the table: a later mount hides an earlier one on the same mount point. */
export function parseMounts(table: string): readonly Mount[] {
  const mounts = table.split('\n').flatMap((line) => parseLine(line) ?? []);
  const ids = new Set(mounts.map(({ id }) => id));
  for (const mount of mounts)
    if (mount.parent === mount.id || !ids.has(mount.parent ?? '')) mount.parent = undefined;
  return mounts;
}

function parseLine(line: string): (Mount & { parent: string | undefined }) | undefined {
  // Any number of further fields stands between the options and the type. A hyphen ends them.
  const [place = '', kind = ''] = line.split(' - ');
  const [id = '', parent, device = '', root = '', mountPoint] = place.split(' ');
  const [type, source = '', options = ''] = kind.split(' ');
  if (mountPoint === undefined || type === undefined || type === '') return undefined;
  const paths = { root: unescape(root), mountPoint: unescape(mountPoint) };
  // A comma in a value is escaped, too.
  const all = options.split(',').map(unescape);
  return { id, parent, device, ...paths, type, source: unescape(source), options: all };
}

/** The table has blanks, tabs, line breaks and backslashes as octal escapes. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}
