/** What the kernel tells of processes. */
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** True while the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The number that a shell has written into a file by `echo $$`. */
export function pidIn(file: string): number {
  return Number(readFileSync(file, 'utf8'));
}

/** Processes that have this entry in their environment. */
export function processesWith(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(entry))
    .map(Number);
}

export function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

/** How many pipes are made at once (src/host/pipes.ts). Who counts descriptors takes so many more, or the spare ones differ. */
export const PIPES_PER_BATCH = 24;

/** How many descriptors this process has open. */
export async function countDescriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}

/** How many threads this process has. */
export async function countThreads(): Promise<number> {
  return (await readdir('/proc/self/task')).length;
}

/** Those of all processes, each with blanks between the arguments. */
export function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}
