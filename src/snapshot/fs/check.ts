/** Whether this host can freeze a file system, and go on itself meanwhile. Nothing is changed. */
import { readFile, realpath } from 'node:fs/promises';
import type { FsPlan } from '../../config/plan/snapshots/sources.js';
import { layersUnder } from '../../host/layers.js';
import { findMount, type Mount } from '../../host/mounts.js';
import { findProgram } from '../../host/programs.js';
import type { Problem } from '../provider.js';

export async function checkFs(
  { mount }: FsPlan,
  written: readonly string[],
): Promise<readonly Problem[]> {
  if (findProgram('fsfreeze') === undefined)
    return [
      {
        message: 'There is no program "fsfreeze".',
        hint: 'Install util-linux.',
        isProgram: true,
      },
    ];
  const path = await realpath(mount).catch(() => undefined);
  const found = path === undefined ? undefined : await findMount(path);
  if (found === undefined || found.mountPoint !== path)
    return [
      {
        message: `No file system is mounted on ${mount}.`,
        hint: 'Give the directory that it is mounted on: "findmnt" lists them.',
        isProgram: false,
      },
    ];
  const stopped = await findStopped(found, written);
  if (stopped !== undefined)
    return [
      {
        message: `${mount} must not be frozen: ${stopped} is on the same file system, and palhm would wait for itself.`,
        hint: 'Keep the data on a file system of its own, or take a snapshot of another type.',
        isProgram: false,
        isFinal: true,
      },
    ];
  if (await isFreezable(found)) return [];
  return [
    {
      message: `${mount} cannot be frozen: it is ${found.type}.`,
      hint: 'Only a file system on a block device can be, such as ext4 or xfs.',
      isProgram: false,
    },
  ];
}

/** The first of the places that would be frozen, too. */
async function findStopped(
  { device }: Mount,
  places: readonly string[],
): Promise<string | undefined> {
  for (const place of places) if ((await layersUnder(place)).has(device)) return place;
  return undefined;
}

/** The kernel says which types need no device: those have nothing to freeze (proc_filesystems(5)). */
async function isFreezable({ type }: Mount): Promise<boolean> {
  const types = await readFile('/proc/filesystems', 'utf8').catch(() => '');
  return !types.split('\n').includes(`nodev\t${type}`);
}
