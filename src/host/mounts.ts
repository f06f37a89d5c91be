/** Which file systems are mounted where, by the kernel's table: proc_pid_mountinfo(5). */
import { readFile } from 'node:fs/promises';

export interface Mount {
  readonly mountPoint: string;
  /** Such as `ext4`, `nfs4`. */
  readonly type: string;
  /** What is mounted: a device, `server:/export`. */
  readonly source: string;
}

const TABLE = '/proc/self/mountinfo';

/** The one that a path is on. `path` is absolute, and without symbolic links. Undefined where there is no /proc. */
export async function findMount(path: string): Promise<Mount | undefined> {
  const table = await readFile(TABLE, 'utf8').catch(() => '');
  return chooseMount(path, parseMounts(table));
}

/** The mount points at or below a directory: those of bind mounts, too. */
export async function findMountsBelow(directory: string): Promise<readonly string[]> {
  const mounts = parseMounts(await readFile(TABLE, 'utf8'));
  return mounts.map(({ mountPoint }) => mountPoint).filter((point) => isBelow(point, directory));
}

/** Of two on one mount point the later one is seen. */
export function chooseMount(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ mountPoint }) => isBelow(path, mountPoint))
    .reduce<Mount | undefined>(
      (found, mount) =>
        found === undefined || mount.mountPoint.length >= found.mountPoint.length ? mount : found,
      undefined,
    );
}

/** In the order of the table: later mounts cover earlier ones. */
export function parseMounts(table: string): readonly Mount[] {
  return table.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): Mount | undefined {
  // Between the options and the type stands any number of further fields, ended by a hyphen.
  const [place = '', kind = ''] = line.split(' - ');
  const [mountPoint] = place.split(' ').slice(4);
  const [type, source = ''] = kind.split(' ');
  if (mountPoint === undefined || type === undefined || type === '') return undefined;
  return { mountPoint: unescape(mountPoint), type, source: unescape(source) };
}

/** Blanks, tabs, line breaks and backslashes are octal there. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}
