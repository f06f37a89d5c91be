/**
 * What proc(5) says about the processes of this host: which are in a session, which belong to a run, which write to a file.
 * Most of them are not children of palhm, so it cannot wait for their end. Only a few are read at a time: on a host with
 * thousands of processes palhm must neither block nor run out of descriptors.
 */
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink, stat as statFile } from 'node:fs/promises';
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

export interface PipeUser extends Process {
  /** The name of its program. */
  readonly command: string;
  /** Else it is a reader. */
  readonly isWriter: boolean;
}

export interface NamedProcess {
  readonly pid: number;
  /** The name of its program. */
  readonly command: string;
}

export interface Traffic {
  readonly read: number;
  readonly written: number;
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

/** The processes whose environment is meant, except this one. Its entries are such as `PALHM_RUN=1234`. */
export async function findByEnvironment(
  isMeant: (entries: readonly string[]) => boolean,
): Promise<readonly Process[]> {
  return await findProcesses(async (pid) => {
    if (pid === process.pid || !isMeant(await readEnvironment(pid))) return undefined;
    const stat = await readStat(pid);
    // Asked again: the number may have become that of another process before its stat was read.
    return stat !== undefined && isMeant(await readEnvironment(pid)) ? { pid, ...stat } : undefined;
  });
}

/** The number and start time of this process, which no other one ever has. Undefined when /proc cannot be read. */
export function identifySelf(): string | undefined {
  self ??= readStatNow(process.pid)?.startTime;
  return self === undefined ? undefined : `${process.pid}.${self}`;
}
let self: number | undefined;

/** Whether the process that `identifySelf` once identified is alive. */
export async function isStillThere(identity: string): Promise<boolean> {
  const [pid = 0, startTime] = identity.split('.').map(Number);
  const stat = await readStat(pid);
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z';
}

/** The value of a variable in the environment of a process. */
export async function readVariable(pid: number, name: string): Promise<string | undefined> {
  const start = `${name}=`;
  const entry = (await readEnvironment(pid)).find((one) => one.startsWith(start));
  return entry?.slice(start.length);
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
 * The processes that have a pipe open, but for this one. There is no other way to find those that a stage has left behind.
 * Only processes that are younger than palhm are examined: a holder inherited its descriptor from a stage. `pipe`: its name
 * such as `pipe:[4711]`.
 */
export async function findPipeUsers(pipe: string): Promise<readonly PipeUser[]> {
  const own = (await readStat(process.pid))?.startTime ?? 0;
  return await findProcesses(async (pid) => {
    if (pid === process.pid) return undefined;
    const stat = await readStat(pid);
    if (stat === undefined || stat.startTime < own) return undefined;
    const use = await findUse(pid, pipe);
    return use && { ...use, ...stat, pid, command: (await nameOf(pid)) ?? '?' };
  });
}

/** The processes that have a block device open for writing, but for this one. `rdev`: as stat(2) has it. */
export async function findDeviceWriters(rdev: number): Promise<readonly NamedProcess[]> {
  return await findWriters(async (pid, fd) => {
    const file = `/proc/${pid}/fd/${fd}`;
    // No other file is looked at: stat(2) waits for a server that does not answer.
    if ((await ifReadable(readlink(file)))?.startsWith('/dev/') !== true) return false;
    const stats = await ifReadable(statFile(file));
    return stats?.isBlockDevice() === true && stats.rdev === rdev;
  });
}

/** The processes that have a file open for writing, but for this one. `path`: without symbolic links. */
export async function findFileWriters(path: string): Promise<readonly NamedProcess[]> {
  return await findWriters(
    async (pid, fd) => (await ifReadable(readlink(`/proc/${pid}/fd/${fd}`))) === path,
  );
}

async function findWriters(
  isWanted: (pid: number, fd: string) => Promise<boolean>,
): Promise<readonly NamedProcess[]> {
  return await findProcesses(async (pid) => {
    if (pid === process.pid) return undefined;
    for (const fd of (await ifReadable(readdir(`/proc/${pid}/fd`))) ?? []) {
      if ((await isWanted(pid, fd)) && (await isForWriting(pid, fd)))
        return { pid, command: (await nameOf(pid)) ?? '?' };
    }
    return undefined;
  });
}

/** Bytes that a process has read and written so far, from and to anything. Zero when palhm may not know. */
export async function readTraffic(pid: number): Promise<Traffic> {
  const text = (await ifReadable(readFile(`/proc/${pid}/io`, 'utf8'))) ?? '';
  const valueOf = (key: string): number =>
    Number(new RegExp(`^${key}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { read: valueOf('rchar'), written: valueOf('wchar') };
}

/** Whether one of its threads waits for room in this pipe, by default in any. */
export async function waitsForRoom(pid: number, pipe?: string): Promise<boolean> {
  return await waitsIn(pid, /pipe_w(?:rite|ait_writable)/, pipe);
}

/** Whether one of its threads waits for bytes of this pipe, by default of any. */
export async function waitsForBytes(pid: number, pipe?: string): Promise<boolean> {
  return await waitsIn(pid, /pipe_(?:read|wait_readable)/, pipe);
}

/** Whether one of its threads waits for one of several things: select(2), poll(2), epoll_wait(2). */
export async function waitsInPoll(pid: number): Promise<boolean> {
  return await waitsIn(pid, /poll|select/);
}

/** `where`: the name of a function of the kernel, in which a thread waits. */
async function waitsIn(pid: number, where: RegExp, file?: string): Promise<boolean> {
  for (const thread of (await ifReadable(readdir(`/proc/${pid}/task`))) ?? []) {
    const path = `/proc/${pid}/task/${thread}`;
    if (!where.test((await ifReadable(readFile(`${path}/wchan`, 'utf8'))) ?? '')) continue;
    if (file === undefined || (await findFirstArgument(pid, path)) === file) return true;
  }
  return false;
}

/** The file whose descriptor is the first argument of the system call that the thread is in, as it is of read(2). */
async function findFirstArgument(pid: number, thread: string): Promise<string | undefined> {
  const call = (await ifReadable(readFile(`${thread}/syscall`, 'utf8'))) ?? '';
  const fd = Number(/^\d+ (0x[\da-f]+)/.exec(call)?.[1]);
  return Number.isNaN(fd) ? undefined : await ifReadable(readlink(`/proc/${pid}/fd/${fd}`));
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

/** Undefined when the process does not have the pipe open. Writing counts more: a descriptor may be for both. */
async function findUse(pid: number, pipe: string): Promise<Pick<PipeUser, 'isWriter'> | undefined> {
  let use: Pick<PipeUser, 'isWriter'> | undefined;
  for (const fd of (await ifReadable(readdir(`/proc/${pid}/fd`))) ?? []) {
    if ((await ifReadable(readlink(`/proc/${pid}/fd/${fd}`))) !== pipe) continue;
    use = { isWriter: await isForWriting(pid, fd) };
    if (use.isWriter) break;
  }
  return use;
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
