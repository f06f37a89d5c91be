/**
 * A file system that is frozen by fsfreeze(8) while the objects read it: nothing is made of it, and who writes to it waits. For what has
 * no snapshots.
 */
import { realpath, stat } from 'node:fs/promises';
import type { FsPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { numbersFrom } from '../../host/block-devices.js';
import { runHelper } from '../../host/helper.js';
import { findMountsBelow } from '../../host/mounts.js';
import { findProgram } from '../../host/programs.js';
import type { Provider, Snapshot, Still } from '../provider.js';
import { snapshotLost } from '../snapshot-failure.js';
import { checkFs } from './check.js';

const NOT_FROZEN = 3;

/**
 * $1 the directory, $2 its device. fsfreeze would freeze the file system above when this one has been unmounted: so the directory is
 * opened, looked at, and frozen by its descriptor.
 */
const FREEZE = `exec 3<"$1"
if [ "$(stat -L -c %d /dev/fd/3)" != "$2" ]; then echo "another file system is mounted on $1 now" >&2; exit 1; fi
exec "$3" -f /dev/fd/3`;

/**
 * $1 the directory, $2 its device, $3 fsfreeze, $4 the block device as the kernel has it. EINVAL: it is not frozen. Where another file
 * system has come over it, that is not the one that is to be thawed; a device that is not there any more, or has no size, has none.
 */
const THAW = `if [ -d "$1" ]; then exec 3<"$1"; fi
if [ "$(stat -L -c %d /dev/fd/3 2>/dev/null)" != "$2" ]; then
case $4 in 0:*) ;; *) if [ "$(cat "/sys/dev/block/$4/size" 2>/dev/null || echo 0)" = 0 ]; then exit 0; fi;; esac
echo "what was frozen is not mounted on $1 now: mount it there, or unmount what is over it" >&2; exit 1; fi
if said=$(LC_ALL=C "$3" -u /dev/fd/3 2>&1); then exit 0; fi
case $said in *"Invalid argument"*) exit 0;; esac
printf '%s\\n' "$said" >&2
exit 1`;

/** $1 the directory, $2 its device, $3 fsfreeze. Nothing but another freeze, which fails with EBUSY, tells whether it is frozen. */
const CONFIRM = `exec 3<"$1"
if [ "$(stat -L -c %d /dev/fd/3)" != "$2" ]; then exit ${NOT_FROZEN}; fi
if said=$(LC_ALL=C "$3" -f /dev/fd/3 2>&1); then "$3" -u /dev/fd/3; exit ${NOT_FROZEN}; fi
case $said in *"resource busy"*) exit 0;; esac
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
    const program = findProgram('fsfreeze') ?? 'fsfreeze';
    const frozen = { mount, device: `${dev}`, program };
    return {
      description: `the file system mounted on ${plan.mount}`,
      still: stillOf(frozen),
      tidy: () => Promise.resolve([]),
      take: (_, signal) => take(frozen, signal),
    };
  } catch (error) {
    throw new Failure({ code: 'SNAPSHOT_FAILED', message: messageOf(error), cause: error });
  }
}

interface Frozen {
  readonly mount: string;
  readonly device: string;
  /** fsfreeze(8). */
  readonly program: string;
}

function stillOf({ mount, device, program }: Frozen): Still {
  return {
    freeze: [['/bin/sh', '-c', FREEZE, 'freeze', mount, device, program]],
    thaw: [['/bin/sh', '-c', THAW, 'thaw', mount, device, program, numbersFrom(Number(device))]],
    until: 'released',
  };
}

/** It is frozen already: all of it is of one instant. */
async function take(frozen: Frozen, signal: AbortSignal): Promise<Snapshot> {
  const { mount } = frozen;
  signal.throwIfAborted();
  const below = (await findMountsBelow(mount)).filter((one) => one !== mount);
  return {
    facts: { path: mount },
    gaps: below.map((one) => `${one}, a file system of its own, is not frozen`),
    confirm: () => confirm(frozen),
    release: () => Promise.resolve(),
  };
}

async function confirm({ mount, device, program }: Frozen): Promise<void> {
  const { exitCode } = await runHelper({
    argv: ['/bin/sh', '-c', CONFIRM, 'confirm', mount, device, program],
    code: 'SNAPSHOT_FAILED',
    accept: [0, NOT_FROZEN],
  });
  if (exitCode === NOT_FROZEN) throw snapshotLost(`${mount} was thawed`);
}
