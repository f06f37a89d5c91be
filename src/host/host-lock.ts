/** A lock between the processes of this host and user that no file of a root can offer. The kernel releases it with its holder. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type FileLock, type HolderNotes, holdFileLock, type LockRequest } from './file-lock.js';
import { openRuntimeFile } from './runtime-files.js';

export interface HostLock {
  /** What tells this lock from all others. */
  readonly key: readonly (string | null)[];
  /** What is locked, for messages. */
  readonly what: string;
  readonly notes: HolderNotes;
}

/** Failure LOCKED, SINK_UNAVAILABLE. Rejects with the reason of the signal when that stops the wait. */
export async function takeHostLock(
  { key, what, notes }: HostLock,
  environment: Readonly<Record<string, string | undefined>>,
  request: LockRequest,
): Promise<FileLock> {
  request.signal.throwIfAborted();
  const { path, handle } = await openRuntimeFile(`${hashKey(key)}.lock`, environment);
  return await holdFileLock({ path, what, notes }, handle, request);
}

/** For the name of a file. */
export function hashKey(key: HostLock['key']): string {
  return createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32);
}

/** Tells the boots of this host apart; unique when the boot cannot be told. */
export function identifyBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `unknown-${process.pid}-${Date.now()}`;
  }
}
