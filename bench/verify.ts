/** How fast a copy is verified, against `sha256sum` of the same file. Both read it from the page cache. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { measure, median, pair } from './process.js';
import { backupConfig, makeDump, type Workplace } from './workplace.js';

const GIBIBYTES = 2;

export async function benchVerify({ directory, palhm, clear }: Workplace): Promise<void> {
  const data = join(directory, 'data');
  const root = join(directory, 'root');
  makeDump(data, GIBIBYTES);
  clear();
  const config = backupConfig(root, [{ path: 'object', argvs: [['cat', data]] }]);
  await measure(palhm(config, 'run', 'backup'));
  const prefix = readdirSync(root).find((name) => !name.startsWith('.')) ?? '';
  const ours = async () => await measure(palhm(config, 'verify', 'backup'));
  const theirs = async () => await measure(['sha256sum', join(root, prefix, 'object')]);
  await theirs();
  const paired = await pair(5, ours, theirs);
  const speed = (ms: number): string =>
    `${((GIBIBYTES * 2 ** 30) / 1e6 / (ms / 1000)).toFixed(0)} MB/s`;
  const ratios = paired.ratios.map((ratio) => 1 / ratio);
  console.log(
    `verify of one object of ${GIBIBYTES} GiB, in the page cache: palhm ${speed(paired.ours)}, sha256sum ${speed(paired.theirs)}; ` +
      `palhm/sha256sum throughput median ${median(ratios).toFixed(3)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}); ` +
      `peak RSS of palhm ${(paired.peakRss / 1e6).toFixed(0)} MB`,
  );
  clear();
}
