/**
 * A volume of the LVM of a guest. Its group may be called as one of the host's, and another snapshot of the same guest has the same UUIDs:
 * so the group gets the name of the step, and new UUIDs, before any volume in it is activated. The programs see the device of the step
 * alone, and no other program of LVM sees that, unless lvm.conf says scan_lvs.
 */
import type { PartStep } from '../../config/plan/snapshots/part.js';
import { runLvm } from '../programs.js';
import { snapshotFailure } from '../snapshot-failure.js';
import { mappedName, nameInGroup } from '../volume-name.js';
import { deviceNamed, mapDevice, sizeOf } from './layer.js';
import type { Kind } from './step.js';

type Step = Extract<PartStep, { readonly type: 'lvm' }>;

export const LVM: Kind<Step> = {
  programs: ['lvs', 'vgimportclone', 'lvchange'],
  names: ({ volume }, name) => [nameOfDisk(name), mappedName(`${name}/${nameInGroup(volume)}`)],
  async open({ volume }, { device, name, fd }) {
    const disk = nameOfDisk(name);
    await mapDevice(disk, [`0 ${await sizeOf(device, fd)} linear ${device} 0`], fd);
    const config = configFor(deviceNamed(disk));
    // Without the descriptor, which it would write its report to.
    const { stdout } = await runLvm(['lvs', ...config, '--noheadings', '-o', 'lv_full_name']);
    const found = stdout.split(/\s+/).filter((one) => one !== '');
    if (!found.includes(volume)) {
      const has = found.length === 0 ? 'no volume of LVM' : found.join(' ');
      throw snapshotFailure(`there is no volume ${volume} on ${device}: it has ${has}`);
    }
    await runLvm(['vgimportclone', ...config, '--basevgname', name, deviceNamed(disk)], { fd });
    const activation = ['-a', 'y', '-K', '--monitor', 'n'];
    await runLvm(['lvchange', ...config, ...activation, `${name}/${nameInGroup(volume)}`], { fd });
  },
};

/** Not a hidden layer: LVM would refuse that whatever it is told. */
function nameOfDisk(name: string): string {
  return mappedName(`${name}.pv/disk`);
}

/** This one device, whatever lvm.conf says of others, and nothing of it is kept in /etc/lvm and /run/lvm. */
function configFor(device: string): readonly [string, string] {
  const devices = [
    `filter=["a|^${device}$|","r|.*|"]`,
    'global_filter=["a|.*|"]',
    'scan_lvs=1',
    'use_devicesfile=0',
    'hints="none"',
  ];
  const settings = [
    `devices { ${devices.join(' ')} }`,
    'backup { backup=0 archive=0 }',
    'activation { monitoring=0 }',
  ];
  return ['--config', settings.join(' ')];
}
