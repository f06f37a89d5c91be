/** Who holds a lock, for people only: the text in the lock may be empty, truncated or written by another program. */
import { hostname } from 'node:os';
import type { HolderNotes } from '../host/file-lock.js';
import { decode } from './decode.js';
import { writeJsonLine } from './json-text.js';
import type { LockHolder } from './own-files.js';

export const HOLDER_NOTES: HolderNotes = {
  render: (task) => writeJsonLine(newHolder(task)),
  describe: describeHolder,
};

/** This process as the holder of a lock, from now on. */
export function newHolder(task: string): LockHolder {
  return { pid: process.pid, host: hostname(), task, since: new Date().toISOString() };
}

/** `process 4711 on db1, task "backup", since 2026-05-01T06:59:17.000Z`; undefined when it does not say. */
export function describeHolder(text: string): string | undefined {
  const holder = decode('lock-holder', text);
  if (!holder.ok) return undefined;
  const { pid, host, task, since } = holder.value;
  return `process ${pid} on ${host}, task ${JSON.stringify(task)}, since ${since}`;
}
