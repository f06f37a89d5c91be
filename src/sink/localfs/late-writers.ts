/**
 * Processes that outlive their stage and still hold the object it wrote open for writing, such as a daemon that was
 * started without `>/dev/null`. What they write comes after the hash, even after the commit, so there is no whole copy
 * as long as they are there.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../failure/failure.js';

/** A helper such as bash's `tee >(md5sum)` may end a moment after its stage. */
const PATIENCE_MS = 3000;
const LOOK_EVERY_MS = 20;

interface Writer {
  readonly pid: string;
  readonly file: string;
}

/** Waits a little until nobody writes below the directory. Failure SINK_UNAVAILABLE with who does. */
export async function waitForWriters(directory: string): Promise<void> {
  const below = `${realpathSync(directory)}/`;
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const writer = findWriter(below);
    if (writer === undefined) return;
    if (performance.now() > deadline) throw stillOpen(writer, below);
    await delay(LOOK_EVERY_MS);
  }
}

/** Only the young: who has the descriptor has it from a stage, and was started after palhm itself. */
function findWriter(below: string): Writer | undefined {
  const own = startTimeOf('self');
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || startTimeOf(pid) < own) continue;
    const file = writtenFiles(pid).find((path) => path.startsWith(below));
    if (file !== undefined) return { pid, file };
  }
  return undefined;
}

/** The 22nd field of /proc/PID/stat, proc(5), in ticks since the boot; -1 for what has ended meanwhile. */
function startTimeOf(pid: string): number {
  const stat = ifThere(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? '';
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(afterName[19] ?? -1);
}

/** None for a process that has ended or is another user's, unless palhm is root. */
function writtenFiles(pid: string): string[] {
  const descriptors = ifThere(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return descriptors.flatMap((fd) => {
    const path = ifThere(() => readlinkSync(join('/proc', pid, 'fd', fd)));
    return path?.startsWith('/') === true && isForWriting(pid, fd) ? [path] : [];
  });
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

function stillOpen({ pid, file }: Writer, below: string): Failure {
  const command = ifThere(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()) ?? '?';
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message:
      `process ${pid} (${command}), left behind by a stage that has ended, still holds ` +
      `the object "${file.slice(below.length)}" open for writing`,
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}
