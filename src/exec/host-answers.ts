/** Which programs, directories and users this host has. */
import { constants } from 'node:fs';
import { access, open, readFile, stat } from 'node:fs/promises';
import { isErrno } from '../failure/failure.js';
import { findAccount } from '../host/account.js';
import type { Environment } from './values.js';

type FileState = 'executable' | 'other' | 'absent';

export interface ScriptFault {
  /** What the kernel, or env(1), would run. */
  readonly interpreter: string;
  /** Whether it is not there only because the line ends with CR LF. */
  readonly endsInCr: boolean;
}

/** Answers about this host. Each thing is looked up once. */
export interface Host {
  /** The directories in which programs without a directory are searched. */
  readonly path: string;
  readonly stateOf: (path: string) => Promise<FileState>;
  /** What is wrong with the first line of a program that is a script; undefined when nothing is. */
  readonly faultOfScript: (path: string) => Promise<ScriptFault | undefined>;
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
    faultOfScript: remember(findScriptFault),
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

/** As much as the kernel reads of it (linux/binfmts.h, BINPRM_BUF_SIZE). */
const FIRST_BYTES = 256;

/** The kernel says of both, a program and an interpreter that are missing, "No such file or directory" (execve(2)). */
async function findScriptFault(path: string): Promise<ScriptFault | undefined> {
  const [, interpreter = '', argument = ''] =
    /^#![ \t]*([^ \t\n]+)[ \t]*([^\n]*)\n/.exec(await readStart(path)) ?? [];
  if (!interpreter.startsWith('/')) return undefined;
  if ((await readState(interpreter)) === 'absent')
    return { interpreter, endsInCr: interpreter.endsWith('\r') };
  // Without -S, env(1) takes all of the argument for the name of the program.
  const isForEnv = interpreter.endsWith('/env') && /^[^-=]+\r$/.test(argument);
  return isForEnv ? { interpreter: argument, endsInCr: true } : undefined;
}

/** Empty when it cannot be read, and then no script. */
async function readStart(path: string): Promise<string> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
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
