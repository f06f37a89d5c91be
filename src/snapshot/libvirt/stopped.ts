/** A guest that qemu has paused, since there was no space for what it writes. Nobody else resumes it. */
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { virshLine } from './virsh.js';

export interface StoppedGuest {
  /** The disks that had no space, by their targets; none when it is not paused for that. */
  findFull(): Promise<readonly string[]>;
  /** When it is still paused for that. Failure SNAPSHOT_LEFT. */
  resume(): Promise<void>;
}

export function stoppedGuest(
  { uri, domain }: LibvirtPlan,
  virsh: (verb: string, args: readonly string[]) => Promise<string>,
): StoppedGuest {
  const isStopped = async (): Promise<boolean> =>
    (await virsh('domstate', ['--reason'])).trim() === 'paused (I/O error)';
  return {
    async findFull() {
      if (!(await isStopped())) return [];
      const errors = await virsh('domblkerror', []);
      return [...errors.matchAll(/^(\S+): no space$/gm)].map(([, target = '']) => target);
    },
    async resume() {
      if (!(await isStopped())) return;
      await virsh('resume', []).catch((error: unknown) => {
        throw new Failure({
          code: 'SNAPSHOT_LEFT',
          message: `the domain ${domain}, paused by qemu since its overlays had no space, could not be resumed: ${messageOf(error)}`,
          hint: `its overlays are merged; resume it: ${virshLine(uri, ['resume', domain])}`,
          cause: error,
        });
      });
    },
  };
}
