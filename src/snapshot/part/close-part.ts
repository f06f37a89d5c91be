/** Removes what stands on a disk, whichever of it is there: from the top, by what the kernel says. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure, isErrno } from '../../failure/failure.js';
import { runProgram } from '../programs.js';
import { mappedName } from '../volume-name.js';
import { deviceNamed } from './layer.js';

interface Open {
  readonly disk: string;
  /** As of `Part`. */
  readonly name: string;
  /** Unmounts a device of it. */
  readonly unmount: (device: string) => Promise<void>;
}

/** May be called again, and when nothing is there. Failure SNAPSHOT_FAILED, SNAPSHOT_LEFT when others use the disk. */
export async function closePart({ disk, name, unmount }: Open): Promise<void> {
  for (const above of await listHolders(disk)) {
    if (!isPartOf(name, above)) throw inUse(disk, above);
    const device = deviceNamed(above);
    await closePart({ disk: device, name, unmount });
    await unmount(device);
    const end = await runProgram(['dmsetup', 'remove', '--retry', above], { accept: 'any' });
    const isLeft = end.exitCode !== 0 && (await listHolders(disk)).includes(above);
    if (isLeft) throw busy(device, end.stderr);
  }
}

/** The name of the snapshot, its steps, and the volumes of a group that has its name. */
function isPartOf(name: string, mapped: string): boolean {
  const own = mappedName(name);
  return mapped.startsWith(`${own}.`);
}

/** The names of the devices that stand on it: of the device mapper, where they are of that. */
async function listHolders(device: string): Promise<readonly string[]> {
  try {
    const kernelName = basename(await realpath(device));
    const holders = await readdir(join('/sys/class/block', kernelName, 'holders'));
    return await Promise.all(holders.map(nameOf));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function nameOf(kernelName: string): Promise<string> {
  try {
    const path = join('/sys/class/block', kernelName, 'dm/name');
    return (await readFile(path, 'utf8')).trimEnd();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return kernelName;
    throw error;
  }
}

function inUse(disk: string, above: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_LEFT',
    message: `${disk} is used by ${above}, which palhm has not made`,
    hint: `see what it is: lsblk ${disk}`,
  });
}

function busy(device: string, stderr: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_LEFT',
    message: `${device} cannot be removed`,
    details: stderr === '' ? [] : [`| ${stderr}`],
    hint: `see who uses it: fuser -v ${device}; lsblk ${device}`,
  });
}
