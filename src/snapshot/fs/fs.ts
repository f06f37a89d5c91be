/**
 * A file system that is frozen by fsfreeze(8) while the objects read it: nothing is made of it, and who writes to it waits. For what has
 * no snapshots.
 */
import { realpath, stat } from 'node:fs/promises';
import type { FsPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { findMountsBelow } from '../../host/mounts.js';
import { findProgram } from '../../host/programs.js';
import type { Provider, Snapshot, Still } from '../provider.js';
import { checkFs } from './check.js';

/**
 * $1 the directory, $2 its device. fsfreeze would freeze the file system above when this one has been unmounted: so the directory is
 * opened, looked at, and frozen by its descriptor.
 */
const FREEZE = `exec 3<"$1"
if [ "$(stat -L -c %d /dev/fd/3)" != "$2" ]; then echo "another file system is mounted on $1 now" >&2; exit 1; fi
exec "$3" -f /dev/fd/3`;

/** EINVAL: it is not frozen. */
const THAW = `if said=$(LC_ALL=C "$2" -u "$1" 2>&1); then exit 0; fi
case $said in *"Invalid argument"*) exit 0;; esac
printf '%s\\n' "$said" >&2
exit 1`;

/** `written`: directories that palhm has to be able to write to meanwhile. Failure SNAPSHOT_FAILED. */
export async function openFs(plan: FsPlan, written: readonly string[]): Promise<Provider> {
  const [problem] = await checkFs(plan, written);
  if (problem !== undefined) {
    const { message, hint } = problem;
    throw new Failure({ code: 'SNAPSHOT_FAILED', message, hint });
  }
  try {
    const mount = await realpath(plan.mount);
    const { dev } = await stat(mount, { bigint: true });
    return {
      description: `the file system mounted on ${plan.mount}`,
      still: stillOf(mount, `${dev}`),
      tidy: () => Promise.resolve([]),
      take: (_, signal) => take(mount, signal),
    };
  } catch (error) {
    throw new Failure({ code: 'SNAPSHOT_FAILED', message: messageOf(error), cause: error });
  }
}

function stillOf(mount: string, device: string): Still {
  const program = findProgram('fsfreeze') ?? 'fsfreeze';
  return {
    freeze: [['/bin/sh', '-c', FREEZE, 'freeze', mount, device, program]],
    thaw: [['/bin/sh', '-c', THAW, 'thaw', mount, program]],
    until: 'released',
  };
}

/** It is frozen already: all of it is of one instant. */
async function take(mount: string, signal: AbortSignal): Promise<Snapshot> {
  signal.throwIfAborted();
  const below = (await findMountsBelow(mount)).filter((one) => one !== mount);
  return {
    facts: { path: mount },
    gaps: below.map((one) => `${one}, a file system of its own, is not frozen`),
    release: () => Promise.resolve(),
  };
}
