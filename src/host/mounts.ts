/** Which file systems are mounted where. The source is the table of the kernel: proc_pid_mountinfo(5). */
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FailureCode } from '../failure/codes.js';
import { Failure, isErrno } from '../failure/failure.js';
import { quoteForShell } from '../units/shell-quote.js';

export interface Mount {
  readonly mountPoint: string;
  /** Such as `ext4`, `nfs4`. */
  readonly type: string;
  /** What is mounted, such as a device or `server:/export`. */
  readonly source: string;
}

const TABLE = '/proc/self/mountinfo';

/** The mount that a path is on. `path` is absolute and has no symbolic links. Undefined where there is no /proc. */
export async function findMount(path: string): Promise<Mount | undefined> {
  const table = await readFile(TABLE, 'utf8').catch(() => '');
  return chooseMount(path, parseMounts(table));
}

/** The mount points at or below a path, also those of bind mounts and those that are files. */
export async function findMountsBelow(path: string): Promise<readonly string[]> {
  const directory = await realpath(dirname(path)).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (directory === undefined) return [];
  const real = join(directory, basename(path));
  const mounts = parseMounts(await readFile(TABLE, 'utf8'));
  return mounts.map(({ mountPoint }) => mountPoint).filter((point) => isBelow(point, real));
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

/** The mount that `path` is on. Of two mounts on one mount point the later one hides the earlier one. */
export function chooseMount(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ mountPoint }) => isBelow(path, mountPoint))
    .reduce<Mount | undefined>(
      (found, mount) =>
        found === undefined || mount.mountPoint.length >= found.mountPoint.length ? mount : found,
      undefined,
    );
}

/** In the order of the table: a later mount hides an earlier one on the same mount point. */
export function parseMounts(table: string): readonly Mount[] {
  return table.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): Mount | undefined {
  // Any number of further fields stands between the options and the type. A hyphen ends them.
  const [place = '', kind = ''] = line.split(' - ');
  const [mountPoint] = place.split(' ').slice(4);
  const [type, source = ''] = kind.split(' ');
  if (mountPoint === undefined || type === undefined || type === '') return undefined;
  return { mountPoint: unescape(mountPoint), type, source: unescape(source) };
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
