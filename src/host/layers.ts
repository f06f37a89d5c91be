/**
 * Through how many layers a path lies on what: files of loop devices, partitions, mappings, a btrfs of several devices, overlays,
 * directories that another file system shows. What keeps one of them still keeps the path still.
 */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../failure/failure.js';
import { backingFileOf, devicesBelow, numbersOf } from './block-devices.js';
import { chooseMount, listMounts, type Mount } from './mounts.js';

/** The file systems, as `Mount.device`, and the block devices that are under a path. It need not be there. */
export async function layersUnder(place: string): Promise<ReadonlySet<string>> {
  const mounts = await listMounts();
  const layers = new Set<string>();
  const places = [place];
  for (let next = places.pop(); next !== undefined; next = places.pop()) {
    const path = await findExisting(next);
    const mount = path === undefined ? undefined : chooseMount(path, mounts);
    if (mount === undefined || layers.has(mount.device)) continue;
    layers.add(mount.device);
    const blocks = await blocksOf(mount);
    for (const block of blocks) layers.add(block);
    const files = await Promise.all(blocks.map(backingFileOf));
    places.push(...files.filter((file) => file !== undefined), ...directoriesOf(mount));
  }
  return layers;
}

/** The path itself, or the nearest directory above it that is there. Undefined for what has no place, such as a pipe. */
async function findExisting(place: string): Promise<string | undefined> {
  try {
    return await realpath(place);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR') || place.startsWith('/proc/')) return undefined;
    return place === '/' ? undefined : await findExisting(dirname(place));
  }
}

/** With all that is below them. A file system of several devices, such as btrfs or bcachefs, has a number that is of none of them. */
async function blocksOf({ device, source, type }: Mount): Promise<readonly string[]> {
  const named = await Promise.all(source.split(':').map(numbersOf));
  const known = named.filter((numbers) => numbers !== undefined);
  const own = device.startsWith('0:') ? known : [device];
  const all = type === 'btrfs' ? [...own, ...(await othersOfBtrfs(own))] : own;
  return [...all, ...(await Promise.all(all.map(devicesBelow))).flat()];
}

/** All devices of the btrfs that has one of these. */
async function othersOfBtrfs(some: readonly string[]): Promise<readonly string[]> {
  for (const id of await readdir(BTRFS).catch(() => [])) {
    const names = await readdir(`${BTRFS}/${id}/devices`).catch(() => []);
    const all = await Promise.all(
      names.map((name) => readFile(`${BTRFS}/${id}/devices/${name}/dev`, 'utf8').catch(() => '')),
    );
    const numbers = all.map((text) => text.trim()).filter((one) => one !== '');
    if (numbers.some((one) => some.includes(one))) return numbers;
  }
  return [];
}

/** One directory for each file system (btrfs(5), sysfs). */
const BTRFS = '/sys/fs/btrfs';

/** Of overlayfs and the like; and the source, where a file system shows another directory, such as ecryptfs. */
function directoriesOf({ type, source, options }: Mount): readonly string[] {
  const named = options.flatMap((option) => {
    const [, value = ''] = /^(?:upperdir|workdir|lowerdir\+?|datadir\+)=(.*)$/s.exec(option) ?? [];
    // A colon in a name has a backslash before it.
    return value.split(/(?<!\\):/).map((one) => one.replaceAll('\\:', ':'));
  });
  const shown = type === 'overlay' ? named : [source];
  return shown.filter((one) => one.startsWith('/') && !one.startsWith('/dev/'));
}
