/**
 * The lock between two runs of the same host: a file on this host. The kernel releases it when its holder dies, which no
 * lock in a bucket can offer.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { Environment } from '../../../exec/values.js';
import { type Lock, type LockRequest, takeFileLock } from '../../../host/file-lock.js';
import { temporaryDirectory } from '../../../host/temporary-directory.js';
import { HOLDER_NOTES } from '../../../wire/lock-holder.js';

export interface HostLock extends Lock {
  /**
   * Names this file in this boot of the host. Two holders with the same identity cannot be alive at the same time. When
   * the boot cannot be told, the identity is unique.
   */
  readonly identity: string;
}

export async function takeHostLock(
  plan: S3Plan,
  environment: Environment,
  request: LockRequest,
): Promise<HostLock> {
  const directory = await findDirectory(environment);
  const key = createHash('sha256');
  key.update(JSON.stringify([plan.endpoint ?? null, plan.bucket, plan.root]));
  // A file for each user: one user cannot open the file of another. Between users the lock in the bucket decides.
  const name = `palhm-${process.getuid?.() ?? 0}-${key.digest('hex').slice(0, 32)}.lock`;
  const root = `s3://${plan.bucket}/${plan.root}`;
  const lock = await takeFileLock(
    { path: join(directory, name), mode: 0o600, root, notes: HOLDER_NOTES },
    request,
  );
  return { identity: `${readBoot()} ${lock.file}`, release: () => lock.release() };
}

async function findDirectory(environment: Environment): Promise<string> {
  for (const directory of ['/run/lock', environment['XDG_RUNTIME_DIR']]) {
    if (directory !== undefined && (await isWritable(directory))) return directory;
  }
  return temporaryDirectory(environment);
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
