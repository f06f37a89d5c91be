/** What a block device is, and what it lies on: sysfs(5). */
import { access, readdir, readFile, stat } from 'node:fs/promises';

/** Numbers of the kernel: `8:16`. Undefined when the path is no block device. */
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

/** The disk that a partition is of, what a mapping is made of or a loop device is on, and so on down. */
export async function devicesBelow(numbers: string): Promise<readonly string[]> {
  const isPart = await isThere(`/sys/dev/block/${numbers}/partition`);
  const slaves = await readdir(`/sys/dev/block/${numbers}/slaves`).catch(() => []);
  const facts = [...(isPart ? ['../dev'] : []), ...slaves.map((name) => `slaves/${name}/dev`)];
  const backing = await numbersOf((await backingFileOf(numbers)) ?? '');
  const next = await Promise.all(facts.map((name) => readFact(numbers, name)));
  const here = backing === undefined ? next : [...next, backing];
  return [...here, ...(await Promise.all(here.map(devicesBelow))).flat()];
}

/** What a loop device is on. */
export async function backingFileOf(numbers: string): Promise<string | undefined> {
  return await readFact(numbers, 'loop/backing_file').catch(() => undefined);
}

/** What the kernel says of it under this name, without blanks around it. */
export async function readFact(numbers: string, name: string): Promise<string> {
  return (await readFile(`/sys/dev/block/${numbers}/${name}`, 'utf8')).trim();
}

export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
