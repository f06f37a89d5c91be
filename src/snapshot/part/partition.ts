/** A partition by its number. Not by kpartx or `losetup --partscan`, which show all of them to the host, and to its udev. */
import type { PartStep } from '../../config/plan/snapshots/part.js';
import { runProgram } from '../programs.js';
import { snapshotFailure } from '../snapshot-failure.js';
import { hiddenName, mapDevice } from './layer.js';
import type { Kind } from './step.js';

type Step = Extract<PartStep, { readonly type: 'partition' }>;

export const PARTITION: Kind<Step> = {
  programs: ['partx'],
  names: (_, name) => [hiddenName(name, 'partition')],
  async open({ number }, { device, name, fd }) {
    const found = await findPartition(device, { number, name: device, fd });
    const table = `0 ${found.sectors} linear ${device} ${found.start}`;
    await mapDevice(hiddenName(name, 'partition'), [table], fd);
  },
};

interface Wanted {
  readonly number: number;
  /** What the device is called, for people. */
  readonly name: string;
  readonly fd: number;
}

/** `device`: or a file. Failure SNAPSHOT_FAILED. */
export async function findPartition(device: string, { number, name, fd }: Wanted): Promise<Entry> {
  const all = await readTable(device, fd);
  const found = all.find((one) => one.number === number);
  if (found !== undefined) return found;
  const has = all.length === 0 ? 'no partitions' : all.map((one) => one.number).join(', ');
  throw snapshotFailure(`there is no partition ${number} on ${name}: it has ${has}`);
}

interface Entry {
  readonly number: number;
  /** In sectors of 512 bytes, as the next. */
  readonly start: number;
  readonly sectors: number;
}

/** Empty when there is none that partx knows. */
async function readTable(device: string, fd?: number): Promise<readonly Entry[]> {
  const { stdout } = await runProgram(
    ['partx', '--raw', '--noheadings', '--output', 'NR,START,SECTORS', device],
    { accept: 'any', ...(fd === undefined ? {} : { fd }) },
  );
  return [...stdout.matchAll(/^(\d+) (\d+) (\d+)$/gm)].map(([, number, start, sectors]) => ({
    number: Number(number),
    start: Number(start),
    sectors: Number(sectors),
  }));
}

export async function listPartitions(device: string): Promise<readonly number[]> {
  return (await readTable(device)).map(({ number }) => number);
}
