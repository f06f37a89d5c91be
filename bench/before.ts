/** What palhm costs against another checkout of itself: whole runs, in turn, with the CPU of all their stages. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Cost, measure, median } from './process.js';
import { backupConfig, type Objects, type Workplace } from './workplace.js';

const ROUNDS = 8;
const MEBIBYTE = 2 ** 20;

export async function benchBefore(place: Workplace, checkout: string): Promise<void> {
  const { directory, palhm, palhmOf, clear } = place;
  const root = join(directory, 'root');
  const data = join(directory, 'random');
  const raw = (count: number, mebibytes: number): Objects =>
    Array.from({ length: count }, (_, index) => ({
      path: `object-${index}`,
      argvs: [['head', '-c', String(mebibytes * MEBIBYTE), data], ['cat']],
    }));
  const short = Array.from({ length: 500 }, (_, index) => ({
    path: `object-${index}`,
    argvs: [['echo', String(index)]],
  }));
  makeRandom(data, 2048);
  const cases = {
    'one raw object of 2 GiB': backupConfig(root, raw(1, 2048)),
    '4 raw objects of 512 MiB at once': backupConfig(root, raw(4, 512), 4),
    '16 raw objects of 128 MiB at once': backupConfig(root, raw(16, 128), 16),
    '500 objects of one short exec': backupConfig(root, short, 2),
  };
  for (const [name, config] of Object.entries(cases)) {
    const now: Cost[] = [];
    const before: Cost[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      clear();
      before.push(await measure(palhmOf(checkout, config, 'run', 'backup')));
      clear();
      now.push(await measure(palhm(config, 'run', 'backup')));
    }
    report(name, before, now);
  }
}

function makeRandom(path: string, mebibytes: number): void {
  const made = spawnSync('sh', [
    '-c',
    'head -c "$1" /dev/urandom > "$2"',
    'sh',
    String(mebibytes * MEBIBYTE),
    path,
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
}

function report(name: string, before: readonly Cost[], now: readonly Cost[]): void {
  const ratios = now.map((cost, index) => cost.ms / (before[index]?.ms ?? Number.NaN));
  console.log(
    `${name}: before ${tell(before)}; now ${tell(now)}; now/before time median ` +
      `${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')})`,
  );
}

function tell(costs: readonly Cost[]): string {
  const seconds = median(costs.map((cost) => cost.ms)) / 1000;
  const cpu = median(costs.map((cost) => cost.allCpuSeconds));
  const rss = Math.max(...costs.map((cost) => cost.peakRss)) / 1e6;
  return `${seconds.toFixed(2)} s, ${cpu.toFixed(1)} CPU s, ${rss.toFixed(0)} MB`;
}
