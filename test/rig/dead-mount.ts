/** A mount whose file system has died. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import type { TestContext } from 'node:test';

/** bash holds the other end of the file system, and ends. */
const MOUNT =
  'exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none "$0"';

/**
 * Whoever looks at this directory gets ENOTCONN, until what is returned is called. Undefined, and the test skipped, where
 * nothing can be mounted.
 */
export function mountDead(context: TestContext, at: string): (() => void) | undefined {
  mkdirSync(at, { recursive: true });
  try {
    execFileSync('bash', ['-c', MOUNT, at], { stdio: 'pipe' });
  } catch {
    context.skip('nothing can be mounted here');
    return undefined;
  }
  assert.throws(() => statSync(at), { code: 'ENOTCONN' });
  return () => void execFileSync('umount', ['-l', at]);
}
