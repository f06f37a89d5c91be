/** Other users, groups, and directories that hand their group down. Only root can act as them or make them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, PALHM } from './palhm.js';

export const isRoot = process.getuid?.() === 0;
/** For `skip`. */
export const unlessRoot = isRoot ? false : 'needs root, to be somebody else';

/** A user without rights, who is in no group but one with this number. */
export const NOBODY = 65_534;
/** A group that nobody is in. */
export const GROUP = 54_321;

/** palhm as NOBODY. */
export function callAsNobody(args: readonly string[], env = process.env): Ended {
  const identity = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const argv = [...identity, process.execPath, PALHM, ...args];
  const { status, signal, stdout, stderr } = spawnSync('setpriv', argv, { encoding: 'utf8', env });
  return { code: status, signal, stdout, stderr };
}

/** Makes the directory if it is missing, and has it hand down its group. */
export function makeSetgid(path: string, group = GROUP, mode = 0o2755): void {
  mkdirSync(path, { recursive: true });
  chownSync(path, 0, group);
  chmodSync(path, mode);
}

/** Mode and group of everything below a directory, by its path. */
export function rightsBelow(directory: string): Readonly<Record<string, string>> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(paths.map((path) => [path, rightsOf(join(directory, path))]));
}

function rightsOf(path: string): string {
  const { mode, gid } = statSync(path);
  return `${(mode & 0o7777).toString(8)} ${gid}`;
}
