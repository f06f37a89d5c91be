/** What this host knows of a block device, and why it must not be overwritten: sysfs(5), proc_pid_mountinfo(5). */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  backingFileOf,
  devicesBelow,
  isThere,
  numbersOf,
  readFact,
} from '../../../host/block-devices.js';
import { runHelper } from '../../../host/helper.js';
import { listMounts } from '../../../host/mounts.js';
import { findDeviceWriters, findFileWriters, type NamedProcess } from '../../../host/proc.js';
import { formatSize } from '../../../units/bytes.js';

function deviceOf(numbers: string): number {
  const [major = 0n, minor = 0n] = numbers.split(':').map(BigInt);
  const high = ((major & 0xfffff000n) << 32n) | ((minor & 0xffffff00n) << 12n);
  return Number(high | ((major & 0xfffn) << 8n) | (minor & 0xffn));
}

export async function sizeOf(numbers: string): Promise<number> {
  return Number(await readFact(numbers, 'size')) * 512;
}

export async function isReadOnly(numbers: string): Promise<boolean> {
  return (await readFact(numbers, 'ro')) === '1';
}

/**
 * Whoever uses it, a part of it, or what it lies on, for people: the kernel refuses most of them, and says only that it is busy.
 */
export async function findUsers(numbers: string): Promise<readonly string[]> {
  const parts = await partsOf(numbers);
  const below = await devicesBelow(numbers);
  const chain = await Promise.all([numbers, ...below].map(nameOf));
  const [mounts, writers, files] = await Promise.all([
    Promise.all([numbers, ...parts].map(findMountsOf)),
    Promise.all([numbers, ...parts, ...below].map((one) => findWritersOf(one, numbers, chain))),
    Promise.all([numbers, ...below].map(backingFileOf)),
  ]);
  const beside = await Promise.all(
    files.flatMap((file) => (file === undefined ? [] : [findFileUsers(file, chain)])),
  );
  return [...new Set([mounts, writers, beside].flat(2))];
}

/** Whoever has a file for a disk, for people. `path`: without symbolic links. `chain`: the loop devices that are known. */
export async function findFileUsers(
  path: string,
  chain: readonly string[] = [],
): Promise<readonly string[]> {
  const loops = await loopsWhere(async (file) => file === path);
  const writers = await findFileWriters(path);
  return listUsers({ loops: loops.filter((name) => !chain.includes(name)), writers }, path);
}

async function findMountsOf(numbers: string): Promise<readonly string[]> {
  const mounts = (await listMounts()).filter(({ device }) => device === numbers);
  const holders = await readdir(`/sys/dev/block/${numbers}/holders`).catch(() => []);
  return [
    ...mounts.map(({ mountPoint }) => `it is mounted on ${mountPoint}`),
    ...holders.map((name) => `${name} is made of it`),
  ];
}

/** Those that the kernel lets write to it, whoever else holds it. */
async function findWritersOf(
  numbers: string,
  target: string,
  chain: readonly string[],
): Promise<readonly string[]> {
  const loops = await loopsWhere(async (file) => (await numbersOf(file)) === numbers);
  const writers = await findDeviceWriters(deviceOf(numbers));
  const others = loops.filter((name) => !chain.includes(name));
  const device = numbers === target ? 'it' : `/dev/${await nameOf(numbers)}`;
  return listUsers({ loops: others, writers }, device);
}

interface Users {
  readonly loops: readonly string[];
  readonly writers: readonly NamedProcess[];
}

function listUsers({ loops, writers }: Users, what: string): readonly string[] {
  return [
    ...loops.map((name) => `/dev/${name} is a loop device on ${what}`),
    ...writers.map(
      ({ pid, command }) => `process ${pid} (${command}) has ${what} open for writing`,
    ),
  ];
}

/** The kernel's name, such as `sda1`. */
async function nameOf(numbers: string): Promise<string> {
  return basename(await readlink(`/sys/dev/block/${numbers}`));
}

async function partsOf(numbers: string): Promise<readonly string[]> {
  const names = await readdir(`/sys/dev/block/${numbers}`).catch(() => []);
  const parts = await Promise.all(
    names.map(async (name) => {
      const isPart = await isThere(`/sys/dev/block/${numbers}/${name}/partition`);
      return isPart ? [await readFact(numbers, `${name}/dev`)] : [];
    }),
  );
  return parts.flat();
}

/** The kernel keeps nobody from what a loop device reads and writes. */
async function loopsWhere(
  isWanted: (file: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const names = await readdir('/sys/block').catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '');
      return file !== '' && (await isWanted(file.trim())) ? [name] : [];
    }),
  );
  return found.flat();
}

/** What is on it, for people: `ext4 data`. `fd`: of the open device. */
export async function findContents(fd: number): Promise<readonly string[]> {
  const columns = ['--parsable', '--noheadings', '--output', 'TYPE,LABEL'];
  const { stdout } = await runHelper({
    argv: ['wipefs', '--no-act', ...columns, '/proc/self/fd/3'],
    fd,
    code: 'TARGET_UNUSABLE',
  });
  const lines = stdout
    .split('\n')
    .map((line) => line.replace(',', ' ').replaceAll('\\x20', ' ').trim());
  return [...new Set(lines.filter((line) => line !== '' && !line.startsWith('#')))];
}

/** `sdb, 500 GiB, model Samsung SSD 870`. */
export async function describeDevice(numbers: string): Promise<string> {
  const directory = `/sys/dev/block/${numbers}`;
  const name = await nameOf(numbers);
  const model = await readFile(`${directory}/device/model`, 'utf8').catch(() => '');
  const serial = await readFile(`${directory}/device/serial`, 'utf8').catch(() => '');
  const mapped = await readFile(`${directory}/dm/name`, 'utf8').catch(() => '');
  return [
    name,
    formatSize(await sizeOf(numbers)),
    ...[
      ['model', model],
      ['serial', serial],
      ['mapped as', mapped],
    ]
      .filter(([, text = '']) => text.trim() !== '')
      .map(([what, text = '']) => `${what} ${text.trim()}`),
  ].join(', ');
}
