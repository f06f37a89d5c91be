/** Which programs, directories and users this host has. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { isErrno } from '../failure/failure.js';
import { findAccount } from '../host/account.js';
import type { Environment } from './values.js';

type FileState = 'executable' | 'other' | 'absent';

/** Answers about this host. Each thing is looked up once. */
export interface Host {
  /** The directories in which programs without a directory are searched. */
  readonly path: string;
  readonly stateOf: (path: string) => Promise<FileState>;
  readonly isDirectory: (path: string) => Promise<boolean>;
  readonly hasUser: (name: string) => Promise<boolean>;
}

export function lookAtHost(inherited: Environment): Host {
  const users = remember(readUsers);
  const directory = remember(isInDirectory);
  return {
    // What glibc searches when there is no PATH: confstr(3), _CS_PATH.
    path: inherited['PATH'] ?? '/bin:/usr/bin',
    stateOf: remember(readState),
    isDirectory: remember(readIsDirectory),
    hasUser: async (name) => (await users('/etc/passwd')).has(name) || (await directory(name)),
  };
}

/** The same function, called at most once for each name. */
function remember<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (name) => {
    const answer = answers.get(name) ?? ask(name);
    answers.set(name, answer);
    return answer;
  };
}

async function readState(path: string): Promise<FileState> {
  try {
    if (!(await stat(path)).isFile()) return 'other';
    await access(path, constants.X_OK);
    return 'executable';
  } catch (error) {
    return isErrno(error, 'ENOENT', 'ENOTDIR') ? 'absent' : 'other';
  }
}

async function readIsDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Users may also come from a directory service such as LDAP (nsswitch.conf(5)). */
function isInDirectory(name: string): Promise<boolean> {
  return findAccount(name).then(
    () => true,
    () => false,
  );
}

/** passwd(5): the name is the first field. */
async function readUsers(file: string): Promise<ReadonlySet<string>> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return new Set(lines.map((line) => line.split(':', 1)[0] ?? '').filter((name) => name !== ''));
}
