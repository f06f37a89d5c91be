/** Who has what open for writing, as proc(5) shows it: the only way to find processes that a stage has left behind. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface Writer {
  readonly pid: string;
  /** The name of its program. */
  readonly command: string;
  /** What it has open: the path of a file, or such as `pipe:[4711]`. */
  readonly file: string;
}

/** Only the young: who has the descriptor has it from a stage, and was started after palhm itself. */
export function findWriter(isMeant: (file: string) => boolean): Writer | undefined {
  const own = startTimeOf('self');
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || startTimeOf(pid) < own) continue;
    const file = writtenFile(pid, isMeant);
    if (file === undefined) continue;
    const command = ifThere(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()) ?? '?';
    return { pid, command, file };
  }
  return undefined;
}

/** The 22nd field of /proc/PID/stat, proc(5), in ticks since the boot; -1 for what has ended meanwhile. */
function startTimeOf(pid: string): number {
  const stat = ifThere(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? '';
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(afterName[19] ?? -1);
}

/** Undefined for a process that has ended or is another user's, unless palhm is root. */
function writtenFile(pid: string, isMeant: (file: string) => boolean): string | undefined {
  const descriptors = ifThere(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  for (const fd of descriptors) {
    const path = ifThere(() => readlinkSync(join('/proc', pid, 'fd', fd)));
    if (path !== undefined && isMeant(path) && isForWriting(pid, fd)) return path;
  }
  return undefined;
}

/** The last octal digit of the flags is the access mode: 0 is O_RDONLY (open(2), proc(5)). */
function isForWriting(pid: string, fd: string): boolean {
  const info = ifThere(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? '';
  return /^flags:\s*\d*[12]$/m.test(info);
}

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
