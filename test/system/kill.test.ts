/**
 * `kill -9` of palhm at 200 moments of a run: after every one what is listed is whole and no old copy is missing; after
 * the next run that ends nothing is left of the dead, neither in the root nor among the processes.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { watch } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { leftoversIn, readWholeCopy } from '../rig/copies.js';
import { type Ended, type RunningPalhm, startPalhm } from '../rig/palhm.js';
import { processesWith } from '../rig/processes.js';
import { chooseSeed, randomFrom } from '../rig/random.js';
import { localfsPlan, sinkOf } from '../rig/sinks.js';
import { listPrefixes, makeSite, type Site, type TestObject } from '../rig/site.js';

const KILLS = 200;
/** A run is left alone after so many that were killed. */
const KILLED_IN_A_ROW = 8;
const COPY_LIMIT = 4;
const PROCESSES_GONE_MS = 5000;

/** Ends at once while palhm lives; stays for ever when it has been killed, in one of four runs. */
const STAY = 'kill -0 $PALHM || case $PALHM_RUN in *[37bf]) exec sleep 600;; esac';
const OBJECTS: readonly TestObject[] = [
  { path: 'fast.txt', stages: ['echo fast'] },
  { path: 'empty', stages: [':'] },
  { path: 'numbers.gz', stages: ['seq 1 20000', 'gzip -n'] },
  { path: 'deep/er/three', stages: ['seq 1 50000', 'tac', 'cat'] },
  {
    path: 'deep/stubborn',
    group: 'slow',
    stages: [
      `PALHM=$PPID; trap "" TERM PIPE; for i in 1 2 3 4; do echo $i; sleep 0.04; done; ${STAY}`,
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
/** The event number `count` of a kind. */
type Point = readonly [kind: string, count: number];
type Stretch = readonly [from: Point, until: Point];
/** Of a run; the commit and the rotation come often, for they are short. */
const COMMIT: Stretch = [
  ['group-finished', 3],
  ['copy-committed', 1],
];
const ROTATION: Stretch = [
  ['copy-committed', 1],
  ['rotation-finished', 1],
];
const STRETCHES: readonly Stretch[] = [
  [
    ['task-started', 1],
    ['copy-opened', 1],
  ],
  [
    ['copy-opened', 1],
    ['object-started', 1],
  ],
  [
    ['object-started', 5],
    ['object-finished', 5],
  ],
  [
    ['object-finished', 6],
    ['object-finished', 7],
  ],
  COMMIT,
  COMMIT,
  COMMIT,
  ROTATION,
  ROTATION,
];

const COMES = ['a copy comes or goes', /^\d{4}-/] as const;
const RENAMES = [
  COMES,
  COMES,
  ['a partial directory comes or goes', /^\.palhm-partial/],
  ['a copy becomes trash', /^\.palhm-trash/],
] as const;

const seed = chooseSeed();
const random = randomFrom(seed);
/** In the environment of palhm and so of everything that it starts, whatever that does to its process group. */
const mark = { PALHM_TEST_MARK: randomUUID() };
const site: Site = makeSite();

test(`kill -9 at ${KILLS} moments`, async (context) => {
  context.after(() => site.remove());
  context.diagnostic(`PALHM_TEST_SEED=${seed}`);
  site.write({ objects: OBJECTS, groups: GROUPS, param: { 'nb-copy-limit': COPY_LIMIT } });
  const first = await runUndisturbed([]);
  const content = readWholeCopy(site.root, first.listed[0] ?? '');
  assert.equal(content.size, OBJECTS.length);
  let listed = first.listed;
  let committed = 0;
  for (let index = 1; index <= KILLS; index++) {
    const moment = chooseMoment(index, first);
    const what = `seed ${seed}, kill ${index}, ${moment.description}`;
    const run = startRun();
    await moment.comes(run);
    run.child.kill('SIGKILL');
    await gone(run);
    const now = await listHere();
    if (now.some((prefix) => !listed.includes(prefix))) committed += 1;
    checkListing({ before: listed, after: now, content, what });
    listed = now;
    // Copies of runs that died before they rotated: with one more, rotation would want a person's yes.
    const isFull = listed.length >= COPY_LIMIT + 4;
    if (index % KILLED_IN_A_ROW !== 0 && !isFull) continue;
    listed = (await runUndisturbed(listed, { content, what })).listed;
  }
  context.diagnostic(`${committed} of the killed runs had committed their copy`);
});

function startRun(): RunningPalhm {
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

interface Undisturbed {
  readonly listed: readonly string[];
  readonly ms: number;
  /** When the event number `count` of a kind came, in epoch milliseconds. */
  readonly at: (kind: string, count: number) => number;
}

/** A run that is left alone makes one copy, rotates, and leaves nothing of those that were killed before it. */
async function runUndisturbed(
  listed: readonly string[],
  expected?: Expected,
): Promise<Undisturbed> {
  const startedAt = performance.now();
  const run = startRun();
  const ended: Ended = await run.ended;
  const ms = performance.now() - startedAt;
  const what = `the run after ${expected?.what ?? 'nothing'}`;
  assert.equal(ended.code, 0, `${what}: ${ended.stderr}`);
  const now = await listPrefixes(site.config, { env: mark });
  assert.equal(now.length, Math.min(listed.length + 1, COPY_LIMIT), what);
  assert.deepEqual(leftoversIn(site.root), [], what);
  await assertNoProcessLeft(what);
  if (expected !== undefined) checkListing({ before: listed, after: now, ...expected, what });
  const at: Undisturbed['at'] = (kind, count) => {
    const events = run.events().filter(({ event }) => event === kind);
    return Date.parse(String(events[count - 1]?.['time']));
  };
  return { listed: now, ms, at };
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

/** By turns: anywhere within the time of a whole run, anywhere within one of the stretches, right at a rename. */
function chooseMoment(index: number, whole: Undisturbed): Moment {
  if (index % 3 === 0) {
    const ms = random.fraction() * whole.ms * 1.05;
    return { description: `after ${ms.toFixed(1)} ms`, comes: () => delay(ms) };
  }
  if (index % 3 === 1) return chooseRename();
  const [from, until] = random.pick(STRETCHES);
  const length = whole.at(...until) - whole.at(...from);
  const ms = random.fraction() * length;
  return {
    description: `${ms.toFixed(1)} of ${length} ms from ${from.join(' ')} to ${until.join(' ')}`,
    comes: async (run) => {
      await run.event(...from);
      await delay(ms);
    },
  };
}

/** As soon as the kernel says that a name has come or gone in the root: between two system calls of palhm. */
function chooseRename(): Moment {
  const [what, names] = random.pick(RENAMES);
  return {
    description: `as ${what}`,
    comes: (run) =>
      new Promise((resolve) => {
        const watcher = watch(site.root, (_, name) => {
          if (name !== null && names.test(name)) resolve(watcher.close());
        });
        const stop = (): void => resolve(watcher.close());
        run.ended.then(stop, stop);
      }),
  };
}
