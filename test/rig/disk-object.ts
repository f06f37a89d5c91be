/** An object that becomes a disk: the numbers that seq(1) prints, by gzip. */
export const MIB = 1024 * 1024;
export const DISK = {
  path: 'disk.gz',
  stages: ['seq 400000', 'gzip -n'],
  inverses: [null, 'gzip -d'],
};
export const NUMBERS = Buffer.from(
  `${Array.from({ length: 400_000 }, (_, index) => index + 1).join('\n')}\n`,
);
