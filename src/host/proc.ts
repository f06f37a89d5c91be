/**
 * What proc(5) says about the processes of this host: which are in a session, which belong to a run, which write to a file.
 * Most of them are not children of palhm, so it cannot wait for their end. Only a few are read at a time: on a host with
 * thousands of processes palhm must neither block nor run out of descriptors.
 */
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import pLimit from 'p-limit';
import { isErrno } from '../failure/failure.js';

const AT_ONCE = 8;

export interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since the boot. */
  readonly startTime: number;
}

/** One process for ever: its number alone may be that of another one a moment later. */
export interface Process extends ProcessStat {
  readonly pid: number;
}

export interface Writer {
  readonly pid: number;
  /** Its process group. */
  readonly group: number;
  /** The name of its program. */
  readonly command: string;
  /** What it has open: the path of a file, or a name such as `pipe:[4711]`. */
  readonly file: string;
}

/**
 * The processes of a session. A zombie does not count: it stays a member until its parent waits for it, and where PID 1 does
 * not wait, as in many containers, it stays for ever.
 */
export async function findInSession(session: number): Promise<readonly Process[]> {
  return await findProcesses(async (pid) => {
    const stat = await readStat(pid);
    return stat?.session === session && stat.state !== 'Z' && stat.state !== 'X'
      ? { pid, ...stat }
      : undefined;
  });
}

/** The processes with an entry such as `PALHM_RUN=1234` in their environment, except this one. */
export async function findByEnvironment(entry: string): Promise<readonly Process[]> {
  return await findProcesses(async (pid) => {
    if (pid === process.pid || !(await hasInEnvironment(pid, entry))) return undefined;
    const stat = await readStat(pid);
    // Asked again: the number may have become that of another process before its stat was read.
    return stat !== undefined && (await hasInEnvironment(pid, entry))
      ? { pid, ...stat }
      : undefined;
  });
}

export async function hasInEnvironment(pid: number, entry: string): Promise<boolean> {
  return (await readEnvironment(pid)).includes(entry);
}

/** Empty for a process that has ended or is not to be looked at. */
async function readEnvironment(pid: number): Promise<readonly string[]> {
  const text = await ifReadable(readFile(`/proc/${pid}/environ`, 'latin1'));
  return text?.split('\0') ?? [];
}

/**
 * A process that has one of these files open for writing. There is no other way to find processes that a stage has left
 * behind. Only processes that are younger than palhm are examined: a holder inherited its descriptor from a stage.
 */
export async function findWriter(isWanted: (file: string) => boolean): Promise<Writer | undefined> {
  const own = (await readStat(process.pid))?.startTime ?? 0;
  const [writer] = await findProcesses(async (pid) => {
    if (pid === process.pid) return undefined;
    const stat = await readStat(pid);
    if (stat === undefined || stat.startTime < own) return undefined;
    const file = await findOpenFile(pid, isWanted);
    if (file === undefined) return undefined;
    return { pid, group: stat.group, command: (await nameOf(pid)) ?? '?', file };
  });
  return writer;
}

/** The name of its program. Undefined for a process that has ended. */
export async function nameOf(pid: number): Promise<string | undefined> {
  return (await ifReadable(readFile(`/proc/${pid}/comm`, 'utf8')))?.trimEnd();
}

/** What `look` returns for each process, without undefined. */
async function findProcesses<T>(look: (pid: number) => Promise<T | undefined>): Promise<T[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await pLimit(AT_ONCE).map(pids, look);
  return found.filter((one) => one !== undefined);
}

/** Undefined for a process that has ended. */
async function readStat(pid: number): Promise<ProcessStat | undefined> {
  const text = await ifReadable(readFile(`/proc/${pid}/stat`, 'utf8'));
  return text === undefined ? undefined : parseStat(text);
}

/**
 * The same at once: no child of palhm is reaped between this look and what follows it without a pause, because Node reaps
 * in this thread. Throws when there is no free descriptor.
 */
export function readStatNow(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** A line of /proc/PID/stat. Its second field, the name of the program, is in brackets and may contain any character. */
export function parseStat(line: string): ProcessStat {
  const afterName = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = afterName;
  const [parent = 0, group = 0, session = 0] = afterName.slice(1, 4).map(Number);
  return { state, parent, group, session, startTime: Number(afterName[19]) };
}

/** A wanted file that the process has open for writing. */
async function findOpenFile(
  pid: number,
  isWanted: (file: string) => boolean,
): Promise<string | undefined> {
  for (const fd of (await ifReadable(readdir(`/proc/${pid}/fd`))) ?? []) {
    const file = await ifReadable(readlink(`/proc/${pid}/fd/${fd}`));
    if (file !== undefined && isWanted(file) && (await isForWriting(pid, fd))) return file;
  }
  return undefined;
}

/** The last octal digit of the flags is the access mode: 0 is O_RDONLY (open(2)). */
async function isForWriting(pid: number, fd: string): Promise<boolean> {
  const info = await ifReadable(readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
  return info !== undefined && /^flags:\s*\d*[12]$/m.test(info);
}

/** Undefined when the process has ended meanwhile, or belongs to another user while palhm is not root. */
async function ifReadable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  return isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM');
}
