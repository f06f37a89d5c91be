/** A guest that goes on later from where it was: qemu has paused it, since there was no space for what it writes, or its state was saved. */
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { runVirsh, virshLine } from './virsh.js';

export interface StoppedGuest {
  /** The disks that had no space, by their targets; none when it is not paused for that. */
  findFull(): Promise<readonly string[]>;
  /** When it is still paused for that. Failure SNAPSHOT_LEFT. */
  resume(): Promise<void>;
  /** Of one that is off: the XML of the state from which it goes on, or empty when only its owner knows where that is. */
  findSaved(): Promise<string | undefined>;
}

export function stoppedGuest(
  { uri, domain }: LibvirtPlan,
  uuid: string,
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
    async findSaved() {
      const saved = await runVirsh({ uri }, ['list', '--all', '--uuid', '--with-managed-save']);
      if (saved.includes(uuid)) return await virsh('managedsave-dumpxml', []);
      return (await virsh('domstate', ['--reason'])).trim() === 'shut off (saved)' ? '' : undefined;
    },
  };
}
