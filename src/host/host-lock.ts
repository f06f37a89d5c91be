/** A lock between the processes of this host and user that no file of a root can offer. The kernel releases it with its holder. */
import { createHash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, type HolderNotes, type LockRequest, takeFileLock } from './file-lock.js';
import { temporaryDirectory } from './temporary-directory.js';

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
  const directory = await findDirectory(environment);
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex');
  // A file for each user: one user cannot open the file of another.
  const name = `palhm-${process.getuid?.() ?? 0}-${hash.slice(0, 32)}.lock`;
  return await takeFileLock({ path: join(directory, name), mode: 0o600, what, notes }, request);
}

async function findDirectory(environment: Readonly<Record<string, string | undefined>>) {
  for (const directory of ['/run/lock', environment['XDG_RUNTIME_DIR']]) {
    if (directory !== undefined && (await isWritable(directory))) return directory;
  }
  return temporaryDirectory(environment);
}

/** Asks the kernel, since a unit may see the directory read-only, whatever its mode is. */
async function isWritable(directory: string): Promise<boolean> {
  return await access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Tells the boots of this host apart; unique when the boot cannot be told. */
export function identifyBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `unknown-${process.pid}-${Date.now()}`;
  }
}
