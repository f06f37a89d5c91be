/** Which file systems are mounted where. The source is the table of the kernel: proc_pid_mountinfo(5). */
import { readFile } from 'node:fs/promises';

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

/** The mount points at or below a directory, also those of bind mounts. */
export async function findMountsBelow(directory: string): Promise<readonly string[]> {
  const mounts = parseMounts(await readFile(TABLE, 'utf8'));
  return mounts.map(({ mountPoint }) => mountPoint).filter((point) => isBelow(point, directory));
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
