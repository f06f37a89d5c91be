/**
 * What is encrypted by LUKS. The device that cryptsetup makes is one that LVM and udev of the host look into. So its first 4 KiB, by which
 * all of them know what is on a device, are opened apart, on a device that ends behind them, which is too small for LVM; in the other
 * one they are nothing; and a hidden layer puts the two together.
 */
import type { PartStep } from '../../config/plan/snapshots/part.js';
import { runProgram } from '../programs.js';
import { snapshotFailure } from '../snapshot-failure.js';
import { mappedName } from '../volume-name.js';
import { deviceNamed, hiddenName, mapDevice, sizeOf } from './layer.js';
import type { Kind } from './step.js';

type Step = Extract<PartStep, { readonly type: 'luks' }>;

/** In sectors of 512 bytes: 4 KiB. LUKS encrypts sectors that are no larger. */
const HEAD = 8;

export const LUKS: Kind<Step> = {
  programs: ['cryptsetup'],
  names: (_, name) => Object.values(namesOf(name)),
  async open({ key }, { device, name, fd, secretOf }) {
    const names = namesOf(name);
    const input = secretOf(key);
    const open = async (from: string, as: string): Promise<void> => {
      const argv = ['open', '--type', 'luks', '--key-file', '-', deviceNamed(from), as] as const;
      await runProgram(['cryptsetup', ...argv], { input, fd });
    };
    const start = await findData(device, fd);
    const end = start + HEAD;
    const size = await sizeOf(device, fd);
    await mapDevice(names.begin, [`0 ${end} linear ${device} 0`], fd);
    await open(names.begin, names.head);
    const masked = [
      `0 ${start} linear ${device} 0`,
      `${start} ${HEAD} zero`,
      `${end} ${size - end} linear ${device} ${end}`,
    ];
    await mapDevice(names.masked, masked, fd);
    await open(names.masked, names.rest);
    const rest = deviceNamed(names.rest);
    const whole = [
      `0 ${HEAD} linear ${deviceNamed(names.head)} 0`,
      `${HEAD} ${(await sizeOf(rest, fd)) - HEAD} linear ${rest} ${HEAD}`,
    ];
    await mapDevice(names.whole, whole, fd);
  },
};

/** In the order in which they are made. */
function namesOf(name: string) {
  const own = mappedName(name);
  return {
    begin: hiddenName(name, 'begin'),
    head: `${own}-head`,
    masked: hiddenName(name, 'masked'),
    rest: `${own}-rest`,
    whole: hiddenName(name, 'luks'),
  };
}

/** The first sector of what is encrypted: of LUKS1 it is given in sectors, of LUKS2 in bytes. */
async function findData(device: string, fd: number): Promise<number> {
  const { stdout } = await runProgram(['cryptsetup', 'luksDump', device], { fd });
  const sectors = /^Payload offset:\s+(\d+)$/m.exec(stdout)?.[1];
  const bytes = /^\s+offset: (\d+) \[bytes\]$/m.exec(stdout)?.[1];
  if (sectors !== undefined) return Number(sectors);
  if (bytes !== undefined) return Number(bytes) / 512;
  throw snapshotFailure(`cryptsetup does not say where the data of ${device} begins`);
}
