/** Whether this host can take snapshots of a subvolume, found without changing anything. */
import { realpath, stat } from 'node:fs/promises';
import type { BtrfsPlan } from '../../config/plan/snapshots/sources.js';
import { findMount, type Mount } from '../../host/mounts.js';
import { findProgram } from '../../host/programs.js';
import type { Problem } from '../provider.js';
import { ROOT_INODE } from './subvolume.js';

export async function checkBtrfs({ subvolume, directory }: BtrfsPlan): Promise<readonly Problem[]> {
  if (findProgram('btrfs') === undefined)
    return [
      {
        message: 'There is no program "btrfs", which takes the snapshot.',
        hint: 'Install btrfs-progs.',
        isProgram: true,
      },
    ];
  const found = await stat(subvolume).catch(() => undefined);
  if (found === undefined)
    return [problem(`There is no ${subvolume}.`, 'Correct the path, or mount what it is on.')];
  const mount = await mountOf(subvolume);
  if (found.ino !== ROOT_INODE || mount?.type !== 'btrfs')
    return [
      problem(
        `${subvolume} is not a subvolume of btrfs.`,
        `See "btrfs subvolume list ${subvolume}"; a directory is made one by copying it into a new subvolume.`,
      ),
    ];
  const place = await stat(directory).catch(() => undefined);
  if (place?.isDirectory() !== true)
    return [problem(`There is no directory ${directory} for the snapshots.`, 'Make it.')];
  if ((await mountOf(directory))?.source === mount.source) return [];
  return [
    problem(
      `${directory} is not on the btrfs of ${subvolume}.`,
      'Give a directory of the same file system.',
    ),
  ];
}

async function mountOf(path: string): Promise<Mount | undefined> {
  return await findMount(await realpath(path));
}

function problem(message: string, hint: string): Problem {
  return { message, hint, isProgram: false };
}
