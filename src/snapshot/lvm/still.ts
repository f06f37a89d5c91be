/** Volumes are kept still, and go on. */
import type { LvmPlan } from '../../config/plan/snapshots/sources.js';
import type { Still } from '../provider.js';
import { mappedName } from '../volume-name.js';
import { resumeVolume } from './volume.js';

/** Not by fsfreeze, which LVM cannot suspend a volume after. It would not do for what is not mounted here, either, such as a disk of a guest. */
export function stillOf({ volumes }: LvmPlan): Still {
  const names = volumes.map(({ volume }) => mappedName(volume));
  return {
    freeze: names.map((name) => ['dmsetup', 'suspend', name]),
    thaw: names.map((name) => ['dmsetup', '--noudevsync', 'resume', name]),
    until: 'taken',
  };
}

/** After an `lvcreate` that was killed. Of several volumes that is done by the thaw of their freeze, which another palhm may have for them. */
export async function resume({ volumes: [first, ...others] }: LvmPlan): Promise<void> {
  if (first !== undefined && others.length === 0) await resumeVolume(first.volume);
}
