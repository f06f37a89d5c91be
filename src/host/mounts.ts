/** Which file system a path is on. */
import { readFile } from 'node:fs/promises';

export interface Mount {
  readonly mountPoint: string;
  /** Such as `ext4`, `nfs4`. */
  readonly type: string;
  /** What is mounted: a device, `server:/export`. */
  readonly source: string;
}

/** `path` is absolute, and without symbolic links. Undefined where there is no /proc. */
export async function findMount(path: string): Promise<Mount | undefined> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return chooseMount(path, table);
}

/** proc_pid_mountinfo(5). Of two on one mount point the later one is seen. */
export function chooseMount(path: string, table: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of table.split('\n')) {
    const mount = parseLine(line);
    if (mount === undefined || !isBelow(path, mount.mountPoint)) continue;
    if (found === undefined || mount.mountPoint.length >= found.mountPoint.length) found = mount;
  }
  return found;
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

function isBelow(path: string, mountPoint: string): boolean {
  return mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
}
