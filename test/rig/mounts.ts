/** Mounts that end with a test. Only root may make them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterEach, type TestContext } from 'node:test';
import { messageOf } from '../../src/failure/failure.js';

/** What mount(8) is told before the mount point. */
export const TMPFS = ['-t', 'tmpfs', 'palhm-test'];
export const tmpfsOf = (options: string): readonly string[] => ['-o', options, ...TMPFS];

/** For `skip`, where a test makes a mount namespace of its own. */
export const unlessMounts =
  spawnSync('unshare', ['--mount', 'true']).status === 0 ? false : 'cannot mount';

/** Returns what unmounts it. Undefined, and the test skipped, where nothing can be mounted. */
function mount(
  context: TestContext,
  options: readonly string[],
  at: string,
): (() => void) | undefined {
  try {
    execFileSync('mount', [...options, at], { stdio: 'pipe' });
  } catch (error) {
    context.skip(`cannot mount: ${messageOf(error)}`);
    return undefined;
  }
  // A run that has died in the test may still have a directory open.
  return () => void execFileSync('umount', ['-l', at]);
}

/**
 * To be called before the tests' own `afterEach`, which can then remove the directories. What it returns mounts until the test
 * ends, on a directory that is made when it is missing: false, and the test skipped, where nothing can be mounted.
 */
export function mountPerTest(): (
  context: TestContext,
  options: readonly string[],
  at: string,
) => boolean {
  const unmounts: (() => void)[] = [];
  afterEach(() => {
    for (const unmount of unmounts.splice(0)) unmount();
  });
  return (context, options, at) => {
    mkdirSync(at, { recursive: true });
    const unmount = mount(context, options, at);
    if (unmount !== undefined) unmounts.push(unmount);
    return unmount !== undefined;
  };
}

/** Does the work while it is mounted. The test is skipped where nothing can be mounted. */
export async function whileMounted(
  context: TestContext,
  [options, at]: readonly [readonly string[], string],
  work: () => Promise<void>,
): Promise<void> {
  const unmount = mount(context, options, at);
  if (unmount === undefined) return;
  try {
    await work();
  } finally {
    unmount();
  }
}
