/**
 * Devices in the device mapper that this host leaves alone. What a guest has on its disk is of the same kinds as what the host has: a volume group
 * of the same name, after which no program of LVM would know which is meant; a member of a RAID, which udev would assemble; a file
 * system with the same UUID. By their names and UUIDs these devices are hidden layers of a logical volume, such as LVM itself has:
 * LVM does not look into them, and udev asks nobody what is in them (56-lvm.rules: DM_LV_LAYER).
 */

import { runProgram } from '../programs.js';
import { mappedName } from '../volume-name.js';

export function hiddenName(name: string, what: string): string {
  return `${mappedName(name)}-${what}-hidden`;
}

export function deviceNamed(name: string): string {
  return `/dev/mapper/${name}`;
}

/** `table`: as of dmsetup(8), in sectors of 512 bytes. */
export async function mapDevice(name: string, table: readonly string[], fd: number): Promise<void> {
  const input = table.map((line) => `${line}\n`).join('');
  await runProgram(['dmsetup', 'create', name, '--uuid', uuidFor(name)], { input, fd });
}

/** Without a hyphen: libblkid would show nothing of it to anybody, mount(8) neither (sysfs_devno_is_dm_private). */
function uuidFor(name: string): string {
  return `LVM-${name.replaceAll('-', '_')}`;
}

/** In sectors of 512 bytes. */
export async function sizeOf(device: string, fd: number): Promise<number> {
  const { stdout } = await runProgram(['blockdev', '--getsz', device], { fd });
  return Number(stdout);
}
