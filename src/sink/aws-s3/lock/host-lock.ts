/** Where the lock lies that keeps two runs of one host apart: a bucket has none that the kernel would release. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import { type Lock, type LockRequest, takeFileLock } from '../../../host/file-lock.js';
import { HOLDER_NOTES } from '../../../wire/lock-holder.js';
import type { Store } from '../store.js';

export interface HostLock extends Lock {
  /**
   * Who has the same one cannot be alive at the same time: this boot, this file. What is not known of the boot makes it
   * the name of nobody else.
   */
  readonly identity: string;
}

export async function takeHostLock(
  plan: S3Plan,
  store: Store,
  request: LockRequest,
): Promise<HostLock> {
  const directory = await findDirectory();
  const key = createHash('sha256');
  key.update(JSON.stringify([plan.endpoint ?? null, plan.bucket, plan.root]));
  // Each user has files of their own: one cannot open those of another, and the lock in the bucket parts them.
  const name = `palhm-${process.getuid?.() ?? 0}-${key.digest('hex').slice(0, 32)}.lock`;
  const root = store.location;
  const lock = await takeFileLock(
    { path: join(directory, name), root, notes: HOLDER_NOTES },
    request,
  );
  return { identity: `${readBoot()} ${lock.file}`, release: () => lock.release() };
}

async function findDirectory(): Promise<string> {
  for (const directory of ['/run/lock', process.env['XDG_RUNTIME_DIR']]) {
    if (directory !== undefined && (await isWritable(directory))) return directory;
  }
  return tmpdir();
}

async function isWritable(directory: string): Promise<boolean> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) return false;
  const uid = process.getuid?.();
  return uid === 0 || uid === found.uid || (found.mode & 0o002) !== 0;
}

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `unknown-${process.pid}-${Date.now()}`;
  }
}
