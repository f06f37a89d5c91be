/** Mounts the file system of a snapshot. */
import type { MountPlan } from '../config/plan/snapshots/sources.js';
import { Failure } from '../failure/failure.js';
import { runProgram } from './programs.js';

/** A second file system with the same UUID beside the first: XFS has to be told. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = { xfs: ['nouuid'] };

/** `fd` stays open until the programs have ended. */
export async function mountSnapshot(
  device: string,
  { path, plan, fd }: { readonly path: string; readonly plan: MountPlan; readonly fd: number },
): Promise<void> {
  const type = await typeOf(device, fd);
  const why = whyNotMounted(type);
  if (why !== undefined) throw unmountable(device, why);
  // The journal of a machine's own file system may be played back first: the snapshot itself is writable. The last word counts.
  const options = ['nosuid', 'nodev', ...(OPTIONS[type] ?? []), ...plan.options, 'ro'].join(',');
  await runProgram(['mount', '-t', type, '-o', options, device, path], { fd });
}

/** What is on a device, as blkid(8) calls it; empty for nothing. */
export async function typeOf(device: string, fd?: number): Promise<string> {
  const argv = ['blkid', '-p', '-s', 'TYPE', '-o', 'value', device] as const;
  const { stdout } = await runProgram([...argv], {
    accept: 'any',
    ...(fd === undefined ? {} : { fd }),
  });
  return stdout;
}

/** Undefined when it can be. `type`: as blkid(8) has it. */
export function whyNotMounted(type: string): string | undefined {
  if (type === '') return 'there is no file system on it';
  if (type === 'btrfs') return 'btrfs bears no second device with the same file system';
  return /_member$|^crypto_|^swap$/.test(type)
    ? `there is no file system on it, but ${type}`
    : undefined;
}

function unmountable(device: string, why: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message: `${device} cannot be mounted: ${why}`,
    hint: 'read its device, without a mount',
  });
}
