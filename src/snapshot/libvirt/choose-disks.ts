/** Which disks of a domain a snapshot has, and why one cannot be taken of some. */
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import type { Disk, Domain } from './domain.js';

export interface Choice {
  readonly disks: readonly Disk[];
  /** Disks that were left out without being named in the config, as sentences. */
  readonly gaps: readonly string[];
  readonly problems: readonly DiskProblem[];
}

interface DiskProblem {
  /** A sentence. */
  readonly message: string;
  readonly hint: string;
}

type Wishes = Pick<LibvirtPlan, 'disks' | 'exclude' | 'directory' | 'mounts'>;

export function chooseDisks({ name, disks: all }: Domain, wishes: Wishes): Choice {
  const known = new Set(all.map(({ target }) => target));
  const mounted = wishes.mounts.map(({ disk }) => disk);
  const named = new Set([...(wishes.disks ?? []), ...wishes.exclude, ...mounted]);
  const unknown = [...named].filter((one) => !known.has(one));
  const isWished = ({ target }: Disk): boolean => wishes.disks?.includes(target) ?? true;
  const wished = all.filter((disk) => isWished(disk) && !wishes.exclude.includes(disk.target));
  // What the guest cannot write into needs no snapshot, and most of it is not the guest's own.
  const isLeftOut = ({ target, device, isReadOnly }: Disk): boolean =>
    (isReadOnly || device !== 'disk') && wishes.disks?.includes(target) !== true;
  const disks = wished.filter((disk) => !isLeftOut(disk));
  const problems = [
    ...unknown.map((target) => ({
      message: `The domain ${name} has no disk "${target}".`,
      hint: `It has ${[...known].join(', ')}.`,
    })),
    ...disks.flatMap((disk) => {
      const why = whyNot(disk, wishes);
      const message = `The disk "${disk.target}" of the domain ${name} ${why?.message}.`;
      return why === undefined ? [] : [{ message, hint: why.hint }];
    }),
    ...mounted
      .filter((one) => known.has(one) && !disks.some(({ target }) => target === one))
      .map((target) => ({
        message: `The disk "${target}" of the domain ${name} is not in the snapshot, so nothing on it can be mounted.`,
        hint: 'What is read-only is in none: mount its file without a snapshot.',
      })),
    ...(disks.length === 0 && unknown.length === 0
      ? [{ message: `The domain ${name} has no disk to back up.`, hint: 'See "exclude".' }]
      : []),
  ];
  const gaps = wished
    .filter((disk) => isLeftOut(disk) && ['disk', 'lun'].includes(disk.device))
    .map(({ target, isReadOnly }) =>
      isReadOnly
        ? `${target} is read-only and is not in the snapshot`
        : `${target} is a device that is passed through, and is not in the snapshot`,
    );
  return { disks, gaps, problems };
}

function whyNot(
  { device, isReadOnly, isShared, isEncrypted, chain: [top] }: Disk,
  { directory }: Wishes,
): DiskProblem | undefined {
  const exclude = 'Name it in "exclude", and back it up in another way.';
  if (top === undefined) return { message: 'is empty', hint: 'Name it in "exclude".' };
  if (device !== 'disk') return { message: `is a ${device}`, hint: exclude };
  if (isReadOnly) return { message: 'is read-only', hint: 'Read its file without a snapshot.' };
  if (isShared) return { message: 'is shared with other domains', hint: exclude };
  if (isEncrypted) return { message: 'is encrypted by libvirt', hint: exclude };
  if (top.type === 'block' && directory === undefined)
    return {
      message: `is the device ${top.path}, beside which nothing can be written`,
      hint: 'Give a "directory", where what the guest writes meanwhile is kept.',
    };
  if (!['file', 'block'].includes(top.type))
    return { message: `is of the type "${top.type}"; a file or a device is needed`, hint: exclude };
  if (!['raw', 'qcow2'].includes(top.format))
    return { message: `has the format ${top.format}; raw or qcow2 is needed`, hint: exclude };
  return undefined;
}
