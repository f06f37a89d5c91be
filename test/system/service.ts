/**
 * Backups of a service that never stops writing, from snapshots of one kind: each copy is what it had written at one instant. And
 * `kill -9` at random moments: after the next run nothing is left. PALHM_SOAK: how many kills, by default 5; twice as many backups,
 * unless a kind says how many CI can afford.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { leftoversIn } from '../rig/copies.js';
import { callPalhm, type RunningPalhm, startPalhm } from '../rig/palhm.js';
import { processesWith } from '../rig/processes.js';
import { chooseSeed, randomFrom } from '../rig/random.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';
import { countRecords } from './records.js';

const SOAK = process.env['PALHM_SOAK'];
const KILLS = Number(SOAK ?? 5);
const PROCESSES_GONE_MS = 5000;

const seed = chooseSeed();
const random = randomFrom(seed);
/** In the environment of palhm and so of everything that it starts; not in that of the service. */
const mark = { PALHM_TEST_MARK: randomUUID() };

/** A kill comes at a random moment between two events of a run: of each of these by turns. */
const STRETCHES = [
  ['task-started', 'snapshot-taken'],
  ['copy-opened', 'snapshot-taken'],
  ['snapshot-taken', 'object-finished'],
  ['object-finished', 'snapshot-removed'],
  ['snapshot-removed', 'run-finished'],
] as const;

/** What the service writes into, and what the snapshots are of. */
export interface Ground {
  /** Where it writes `a`, `b` and `c`. */
  readonly data: string;
  /** The `snapshot` of the group. */
  readonly snapshot: object;
  /** The names of all that palhm has made and that is there. */
  readonly remains: () => readonly string[];
  /** How long it may take to take a snapshot. Called after each backup; medians are compared. */
  readonly mostMs: () => number;
  readonly remove: () => void;
}

export function describeService(kind: string, { skip, make, backups }: Wanted): void {
  describe(`backups of a service that writes, from snapshots of ${kind}`, { skip }, () => {
    testService(make, SOAK === undefined && backups !== undefined ? backups : 2 * KILLS);
  });
}

interface Wanted {
  readonly skip: string | false;
  readonly make: () => Ground;
  /** How many are made in CI. */
  readonly backups?: number;
}

function testService(make: () => Ground, backups: number): void {
  let ground: Ground;
  let site: Site;
  let service: ChildProcess;
  let written = 0;
  before(async () => {
    ground = make();
    site = makeSite();
    writeFileSync(site.config, JSON.stringify(configOf(site.root, ground)));
    const script = fileURLToPath(new URL('record-writer.js', import.meta.url));
    service = spawn(process.execPath, [script, ground.data], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    service.stdout?.setEncoding('utf8').on('data', (text: string) => {
      written = Number(text.trimEnd().split('\n').at(-1));
    });
    assert.ok(service.stdout);
    await once(service.stdout, 'data');
  });
  after(async () => {
    service.kill();
    await once(service, 'exit');
    site.remove();
    ground.remove();
  });

  const start = (): RunningPalhm =>
    startPalhm(['-f', site.config, '-v', '--log-format', 'json', 'run', 'backup'], { env: mark });

  /** A run to its end: it makes a copy, and leaves nothing of itself or of those before it. */
  const backUp = async (what: string): Promise<RunningPalhm> => {
    const palhm = start();
    const { code, stderr } = await palhm.ended;
    assert.equal(code, 0, `${what}: ${stderr}`);
    assert.deepEqual(ground.remains(), [], what);
    assert.deepEqual(leftoversIn(site.root), [], what);
    await assertNoProcessLeft(what);
    return palhm;
  };

  /** Restores each copy that is not known yet, and returns how many records they have. */
  const restored = new Set<string>();
  const restoreNew = async (): Promise<readonly number[]> => {
    const counts: number[] = [];
    for (const prefix of await listPrefixes(site.config)) {
      if (restored.has(prefix)) continue;
      restored.add(prefix);
      const to = join(site.directory, 'restored');
      const args = ['-f', site.config, 'restore', '--copy', prefix, '--to', to, '--extract'];
      const { code, stderr } = await callPalhm(args);
      assert.equal(code, 0, stderr);
      const file = (object: string, name: string): string => join(to, object, name);
      counts.push(countRecords({ a: file('ac', 'a'), b: file('b', 'b'), c: file('ac', 'c') }));
      rmSync(to, { recursive: true });
    }
    return counts;
  };

  it(`${backups} copies, each of one instant, and taking a snapshot is quick`, async (context) => {
    const times: number[] = [];
    const limits: number[] = [];
    for (let index = 0; index < backups; index++) {
      const least = written;
      const palhm = await backUp(`backup ${index}`);
      times.push(Number((await palhm.event('snapshot-taken'))?.['duration_ms']));
      limits.push(ground.mostMs());
      const [count = 0, ...more] = await restoreNew();
      assert.deepEqual(more, []);
      assert.ok(count >= least && count <= written, `${least} ${count} ${written}`);
    }
    const [median, limit] = [medianOf(times), medianOf(limits)];
    const longest = Math.max(...times).toFixed(0);
    context.diagnostic(
      `median ${median.toFixed(0)} ms of ${limit.toFixed(0)}, longest ${longest} ms`,
    );
    assert.ok(median < limit, `${times.join(' ')}; ${limits.join(' ')}`);
  });

  it(`kill -9 at ${KILLS} moments leaves nothing after the next run`, async (context) => {
    context.diagnostic(`PALHM_TEST_SEED=${seed}`);
    const whole = await backUp('the run that shows how long things take');
    const timeOf = (kind: string): number =>
      Date.parse(String(whole.events().find(({ event }) => event === kind)?.['time']));
    let left = 0;
    for (let index = 0; index < KILLS; index++) {
      const [from, until] = STRETCHES[index % STRETCHES.length] ?? STRETCHES[0];
      const ms = random.fraction() * (timeOf(until) - timeOf(from));
      const palhm = start();
      await palhm.event(from);
      await delay(ms);
      palhm.child.kill('SIGKILL');
      await gone(palhm);
      left += ground.remains().length;
      await backUp(`seed ${seed}, kill ${index}, ${ms.toFixed(1)} ms after ${from}`);
    }
    context.diagnostic(`${left} snapshots were left by the killed`);
    await restoreNew();
    assert.equal(service.exitCode, null);
  });
}

export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, two) => one - two);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? NaN) + (sorted[Math.ceil(half)] ?? NaN)) / 2;
}

function configOf(root: string, { snapshot }: Ground): object {
  const tar = (...files: readonly string[]): object[] => [
    {
      type: 'exec-inline',
      argv: ['tar', '-C', { snapshot: 'path' }, '-cf', '-', ...files],
      inverse: { argv: ['tar', '-xf', '-'] },
    },
  ];
  return {
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend: 'localfs',
        'backend-param': { root },
        'object-groups': [{ id: 'g', snapshot }],
        objects: [
          { path: 'ac.tar', group: 'g', pipeline: tar('a', 'c') },
          { path: 'b.tar', group: 'g', pipeline: tar('b') },
        ],
      },
    ],
  };
}

/** The process itself: its stages may live on and hold its stderr. */
async function gone({ child }: RunningPalhm): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Those that palhm does not know of, such as the shell that makes its pipes, end by themselves at once. */
async function assertNoProcessLeft(what: string): Promise<void> {
  const entry = `PALHM_TEST_MARK=${mark.PALHM_TEST_MARK}`;
  const deadline = performance.now() + PROCESSES_GONE_MS;
  let left = processesWith(entry);
  while (left.length > 0 && performance.now() < deadline) {
    await delay(10);
    left = processesWith(entry);
  }
  assert.deepEqual(left, [], `${what}: processes are left`);
}
