/** Mounts that end with a test. Only root may make them. */
import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { messageOf } from '../../src/failure/failure.js';

/** What mount(8) is told before the mount point. */
export const TMPFS = ['-t', 'tmpfs', 'palhm-test'];

/** Does the work while it is mounted. The test is skipped where nothing can be mounted. */
export async function whileMounted(
  context: TestContext,
  [options, at]: readonly [readonly string[], string],
  work: () => Promise<void>,
): Promise<void> {
  try {
    execFileSync('mount', [...options, at], { stdio: 'pipe' });
  } catch (error) {
    context.skip(`cannot mount: ${messageOf(error)}`);
    return;
  }
  try {
    await work();
  } finally {
    execFileSync('umount', ['-l', at]);
  }
}
