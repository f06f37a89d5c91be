/** What this host knows of a block device, and why it must not be overwritten: sysfs(5), proc_pid_mountinfo(5). */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { runHelper } from '../../../host/helper.js';
import { listMounts } from '../../../host/mounts.js';
import { findWriters } from '../../../host/proc.js';
import { formatSize } from '../../../units/bytes.js';

/** Numbers of the kernel: `8:16`. */
export async function numbersOf(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isBlockDevice() === true ? numbersFrom(stats.rdev) : undefined;
}

/** `makedev` of the C library, the other way (gnu_dev_major(3)). */
export function numbersFrom(rdev: number): string {
  const device = BigInt(rdev);
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

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

async function readFact(numbers: string, name: string): Promise<string> {
  return (await readFile(`/sys/dev/block/${numbers}/${name}`, 'utf8')).trim();
}

/** Whoever uses it, or a part of it, for people: the kernel refuses most of them, and says only that it is busy. */
export async function findUsers(numbers: string): Promise<readonly string[]> {
  const parts = await partsOf(numbers);
  const found = await Promise.all([numbers, ...parts].map(findUsersOf));
  return [...new Set(found.flat())];
}

async function findUsersOf(numbers: string): Promise<readonly string[]> {
  const directory = `/sys/dev/block/${numbers}`;
  const mounts = (await listMounts()).filter(({ device }) => device === numbers);
  const holders = await readdir(`${directory}/holders`).catch(() => []);
  const loops = await loopsOn(numbers);
  const writers = await findWriters(deviceOf(numbers));
  return [
    ...mounts.map(({ mountPoint }) => `it is mounted on ${mountPoint}`),
    ...holders.map((name) => `${name} is made of it`),
    ...loops.map((name) => `/dev/${name} is a loop device on it`),
    ...writers.map(({ pid, command }) => `process ${pid} (${command}) has it open for writing`),
  ];
}

async function partsOf(numbers: string): Promise<readonly string[]> {
  const directory = `/sys/dev/block/${numbers}`;
  const names = await readdir(directory).catch(() => []);
  const parts = await Promise.all(
    names.map((name) =>
      readFile(`${directory}/${name}/partition`).then(
        () => name,
        () => undefined,
      ),
    ),
  );
  return await Promise.all(
    parts.flatMap((name) =>
      name === undefined
        ? []
        : [readFile(`${directory}/${name}/dev`, 'utf8').then((text) => text.trim())],
    ),
  );
}

/** The kernel does not keep others from a device that a loop device reads and writes. */
async function loopsOn(numbers: string): Promise<readonly string[]> {
  const names = (await readdir('/sys/block').catch(() => [])).filter((name) =>
    name.startsWith('loop'),
  );
  const found = await Promise.all(
    names.map(async (name) => {
      const backing = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(
        () => '',
      );
      return (await numbersOf(backing.trim())) === numbers ? [name] : [];
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
  const name = basename(await readlink(directory));
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
