/** Runs a program to its end and says what it cost. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  /** Milliseconds of wall clock. */
  readonly ms: number;
  /** The high-water mark of the resident set of that one process, bytes (proc(5), VmHWM). */
  readonly peakRss: number;
  /** Of that one process with its threads, not of its children. */
  readonly cpuSeconds: number;
  /** With the children that have ended before it. */
  readonly allCpuSeconds: number;
}

const LOOK_EVERY_MS = 10;

/** Throws when the program does not end with 0. */
export function measure(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Cost> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    let peakRss = 0;
    let cpuSeconds = 0;
    let allCpuSeconds = 0;
    const look = (): void => {
      peakRss = Math.max(peakRss, readPeak(child.pid));
      const { own, children } = readCpu(child.pid);
      cpuSeconds = Math.max(cpuSeconds, own);
      allCpuSeconds = Math.max(allCpuSeconds, own + children);
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(timer);
      const ms = performance.now() - startedAt;
      if (code === 0) resolve({ ms, peakRss, cpuSeconds, allCpuSeconds });
      else reject(new Error(`${argv.join(' ')} ended with ${String(code)}`));
    });
  });
}

function readPeak(pid: number | undefined): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(
      readFileSync(`/proc/${String(pid)}/status`, 'utf8'),
    )?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Clock ticks are hundredths of a second on every Linux that Node runs on (proc(5), utime, stime, cutime and cstime). */
function readCpu(pid: number | undefined): { own: number; children: number } {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields
      .slice(11, 15)
      .map((ticks) => Number(ticks) / 100);
    return { own: user + system, children: childUser + childSystem };
  } catch {
    return { own: 0, children: 0 };
  }
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs two commands in turn, so that a machine whose speed drifts treats both alike. */
export async function pair(
  rounds: number,
  ours: () => Promise<Cost>,
  theirs: () => Promise<Cost>,
): Promise<Paired> {
  const costs: { ours: Cost; theirs: Cost }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Who goes first changes: the second may profit from a warm cache, or suffer from a full write-back.
    const first = round % 2 === 0 ? await ours() : undefined;
    const other = await theirs();
    costs.push({ ours: first ?? (await ours()), theirs: other });
  }
  return {
    ours: median(costs.map((cost) => cost.ours.ms)),
    theirs: median(costs.map((cost) => cost.theirs.ms)),
    ratios: costs.map((cost) => cost.ours.ms / cost.theirs.ms),
    peakRss: Math.max(...costs.map((cost) => cost.ours.peakRss)),
  };
}

export interface Paired {
  /** Medians, milliseconds. */
  readonly ours: number;
  readonly theirs: number;
  /** Ours over theirs, of each round. */
  readonly ratios: readonly number[];
  readonly peakRss: number;
}
