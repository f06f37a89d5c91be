/** How a measurement is told. */
import { median, type Paired } from './process.js';

export interface Race {
  readonly name: string;
  /** What both sides carried. */
  readonly gibibytes: number;
  /** What palhm was measured against. */
  readonly rival: string;
}

export function reportThroughput({ name, gibibytes, rival }: Race, paired: Paired): void {
  const { ours, theirs, peakRss } = paired;
  const speed = (ms: number): string =>
    `${((gibibytes * 2 ** 30) / 1e6 / (ms / 1000)).toFixed(0)} MB/s`;
  const ratios = paired.ratios.map((ratio) => 1 / ratio);
  console.log(
    `${name}, ${gibibytes} GiB: palhm ${speed(ours)}, ${rival} ${speed(theirs)}; ` +
      `palhm/${rival} throughput median ${median(ratios).toFixed(3)} ` +
      `(${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}); ` +
      `peak RSS of palhm ${(peakRss / 1e6).toFixed(0)} MB`,
  );
}
