/**
 * `kill -9` of palhm at 200 moments of a run: after every one what is listed is whole and no old copy is missing; after
 * the next run that ends nothing is left of the dead, neither in the root nor among the processes.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Ended,
  listPrefixes,
  makeSite,
  processesWith,
  type RunningPalhm,
  type Site,
  startPalhm,
  type TestObject,
} from '../rig/cli.js';
import { leftoversIn, readWholeCopy } from '../rig/copies.js';
import { localfsPlan, sinkOf } from '../sink/rig.js';

const KILLS = 200;
/** A run is left alone after so many that were killed. */
const KILLED_IN_A_ROW = 5;
const COPY_LIMIT = 4;
const PROCESSES_GONE_MS = 5000;

/** Ends at once while palhm lives; stays for ever when it has been killed, in one of eight runs. */
const STAY = 'kill -0 $PALHM || case $PALHM_RUN in *[37]) exec sleep 600;; esac';
const OBJECTS: readonly TestObject[] = [
  { path: 'fast.txt', stages: ['echo fast'] },
  { path: 'empty', stages: [':'] },
  { path: 'numbers.gz', stages: ['seq 1 20000', 'gzip -n'] },
  { path: 'deep/er/three', stages: ['seq 1 50000', 'tac', 'cat'] },
  {
    path: 'deep/stubborn',
    group: 'slow',
    stages: [
      `PALHM=$PPID; trap "" TERM; for i in 1 2 3 4; do echo $i; sleep 0.04; done; ${STAY}`,
      'cat',
    ],
  },
  {
    path: 'deep/grandchildren',
    group: 'slow',
    stages: [`export PALHM=$PPID; sh -c '(echo 1; sleep 0.1; echo 2; ${STAY}) | cat | cat'`],
  },
  {
    path: 'last.gz',
    group: 'last',
    stages: ['seq 1 9999; sleep 0.05; echo end', 'cat', 'gzip -n'],
  },
];
const GROUPS = [
  { id: 'default' },
  { id: 'slow', depends: ['default'] },
  { id: 'last', depends: ['slow'] },
];
/** What a run says on its way; that of `last` comes right before the commit. */
const MOMENTS = [
  ['task-started', 1],
  ['copy-opened', 1],
  ['object-started', 1],
  ['object-started', 5],
  ['object-finished', 4],
  ['object-finished', 7],
  ['group-finished', 3],
  ['group-finished', 3],
  ['copy-committed', 1],
  ['copy-committed', 1],
  ['copy-removed', 1],
  ['rotation-finished', 1],
] as const;

const seed = Number(process.env['PALHM_TEST_SEED'] ?? Date.now() % 2 ** 32);
const random = createRandom(seed);
/** In the environment of palhm and so of everything that it starts, whatever that does to its process group. */
const mark = { PALHM_TEST_MARK: randomUUID() };
let site: Site;
before(() => {
  site = makeSite();
  site.write({ objects: OBJECTS, groups: GROUPS, param: { 'nb-copy-limit': COPY_LIMIT } });
});
after(() => site.remove());

test(`kill -9 at ${KILLS} moments`, async (context) => {
  context.diagnostic(`PALHM_TEST_SEED=${seed}`);
  const first = await runUndisturbed([]);
  const content = readWholeCopy(site.root, first.listed[0] ?? '');
  assert.equal(content.size, OBJECTS.length);
  let listed = first.listed;
  let committed = 0;
  for (let index = 1; index <= KILLS; index++) {
    const moment = chooseMoment(index, first.ms);
    const what = `seed ${seed}, kill ${index}, ${moment.description}`;
    const run = start();
    await moment.comes(run);
    run.child.kill('SIGKILL');
    await gone(run);
    const now = await listHere();
    if (now.some((prefix) => !listed.includes(prefix))) committed += 1;
    checkListing({ before: listed, after: now, content, what });
    listed = now;
    if (index % KILLED_IN_A_ROW !== 0) continue;
    listed = (await runUndisturbed(listed, { content, what })).listed;
  }
  context.diagnostic(`${committed} of the killed runs had committed their copy`);
});

function start(): RunningPalhm {
  const run = startPalhm(['-f', site.config, '-v', '--log-format', 'json', 'run', 'backup'], {
    env: mark,
  });
  run.ended.catch(() => {});
  return run;
}

/** What `palhm list` shows, by its own code: a process for each would take a third of the time. */
async function listHere(): Promise<string[]> {
  const { copies } = await (await sinkOf(localfsPlan(site.root))).list();
  return copies.map(({ prefix }) => prefix.name);
}

/** The process itself: its stages may live on and hold its stderr. */
async function gone({ child }: RunningPalhm): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}

interface Expected {
  readonly content: ReadonlyMap<string, string>;
  readonly what: string;
}

/** A run that is left alone makes one copy, rotates, and leaves nothing of those that were killed before it. */
async function runUndisturbed(
  listed: readonly string[],
  expected?: Expected,
): Promise<{ listed: string[]; ms: number }> {
  const startedAt = performance.now();
  const ended: Ended = await start().ended;
  const ms = performance.now() - startedAt;
  const what = `the run after ${expected?.what ?? 'nothing'}`;
  assert.equal(ended.code, 0, `${what}: ${ended.stderr}`);
  const now = await listPrefixes(site.config, { env: mark });
  assert.equal(now.length, Math.min(listed.length + 1, COPY_LIMIT), what);
  assert.deepEqual(leftoversIn(site.root), [], what);
  await assertNoProcessLeft(what);
  if (expected !== undefined) checkListing({ before: listed, after: now, ...expected, what });
  return { listed: now, ms };
}

interface Listings extends Expected {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Every listed copy is whole; at most one is new, and newest; only the oldest may be missing, and only above the limit. */
function checkListing({ before, after, content, what }: Listings): void {
  for (const prefix of after) {
    assert.deepEqual(readWholeCopy(site.root, prefix), content, `${what}: ${prefix}`);
  }
  const added = after.filter((prefix) => !before.includes(prefix));
  assert.ok(added.length <= 1, `${what}: ${added.length} new copies`);
  const all = [...before, ...added];
  const removed = all.length - after.length;
  assert.deepEqual(after, all.slice(removed), `${what}: not the oldest are missing, or the order`);
  assert.ok(after.length >= Math.min(all.length, COPY_LIMIT), `${what}: too few are left`);
  assert.ok(removed === 0 || all.length > COPY_LIMIT, `${what}: removed without a reason`);
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

interface Moment {
  readonly description: string;
  readonly comes: (run: RunningPalhm) => Promise<unknown>;
}

/** By turns anywhere within the time of a whole run, and at or shortly after one of its events. */
function chooseMoment(index: number, wholeMs: number): Moment {
  if (index % 2 === 0) {
    const ms = random() * wholeMs * 1.05;
    return { description: `after ${ms.toFixed(1)} ms`, comes: () => delay(ms) };
  }
  const [kind, count] = MOMENTS[Math.floor(random() * MOMENTS.length)] ?? ['copy-committed', 1];
  const ms = random() < 0.3 ? 0 : random() * 12;
  return {
    description: `${ms.toFixed(1)} ms after ${kind} ${count}`,
    comes: async (run) => {
      await run.event(kind, count);
      if (ms > 0) await delay(ms);
    },
  };
}

/** mulberry32: numbers from 0 to 1 that a seed repeats. */
function createRandom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
