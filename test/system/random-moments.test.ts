/**
 * What goes wrong at no particular moment, at moments that a seed chooses: a writer that a stage has left behind writes
 * late, a reader stops reading. Whatever happens, a copy is whole and holds what was written, or there is none.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { leftoversIn, readWholeCopy } from '../rig/copies.js';
import { callPalhm, PALHM } from '../rig/palhm.js';
import { processesWith } from '../rig/processes.js';
import { chooseSeed, randomFrom } from '../rig/random.js';
import { listPrefixes, makeSite, type TestObject } from '../rig/site.js';

const LATE_WRITERS = 100;
const STOPPED_READERS = 60;
/** Palhm waits for a process of its own, not for the tests beside it. */
const AT_ONCE = 4;
/** Far more than any of them takes on a busy machine: one that hangs is found all the same. */
const ENDS_WITHIN_MS = 30_000;

const seed = chooseSeed();
const random = randomFrom(seed);
/** In the environment of palhm and so of everything that it starts. */
const mark = { PALHM_TEST_MARK: randomUUID() };
after(() => {
  for (const pid of processesWith(`PALHM_TEST_MARK=${mark.PALHM_TEST_MARK}`))
    process.kill(pid, 'SIGKILL');
});

/** How a process that its stage has left writes `late`. It inherits the pipe, or opens it again. */
const LATE_WAYS = {
  'by the descriptor': 'printf late',
  'to /dev/stdout': 'printf late >/dev/stdout',
  'appending to /dev/stdout': 'printf late >>/dev/stdout',
  'in place with dd': 'printf late | dd of=/dev/stdout bs=1 conv=notrunc status=none',
  'in a session of its own': 'setsid sh -c "printf late"',
  'as another user': 'setpriv --reuid=65534 --clear-groups sh -c "printf late"',
  'without its environment': 'env -i sh -c "printf late"',
} as const;

interface LateWriter {
  readonly what: string;
  readonly object: TestObject;
  /** What is stored; undefined when the run has to fail. */
  readonly stored: string | undefined;
}

function chooseLateWriter(): LateWriter {
  const [way, script] = random.pick(Object.entries(LATE_WAYS));
  const seconds = (random.fraction() * 0.12).toFixed(3);
  const isGood = random.below(4) > 0;
  const filters = ['cat', 'cat'].slice(random.below(3));
  const stage = `printf early; (sleep ${seconds}; ${script}) & exit ${isGood ? 0 : 7}`;
  return {
    what: `${way}, after ${seconds} s, before ${filters.length} filters, exit ${isGood ? 0 : 7}`,
    object: { path: 'object', stages: [stage, ...filters] },
    stored: isGood ? 'earlylate' : undefined,
  };
}

test(`${LATE_WRITERS} writers that their stages have left behind`, async (context) => {
  context.diagnostic(`PALHM_TEST_SEED=${seed}`);
  const writers = Array.from({ length: LATE_WRITERS }, chooseLateWriter);
  await pLimit(AT_ONCE).map(writers, async ({ what, object, stored }) => {
    const site = makeSite();
    context.after(() => site.remove());
    site.write({ objects: [object, { path: 'other', stages: ['echo other'] }] });
    const { code, stderr } = await callPalhm(['-f', site.config, 'run', 'backup'], { env: mark });
    assert.equal(code, stored === undefined ? 1 : 0, `${what}: ${stderr}`);
    const [prefix, ...others] = await listPrefixes(site.config);
    assert.deepEqual(others, [], what);
    assert.deepEqual(leftoversIn(site.root), [], what);
    if (prefix === undefined) return assert.equal(stored, undefined, what);
    readWholeCopy(site.root, prefix);
    assert.equal(readFileSync(join(site.root, prefix, 'object'), 'utf8'), stored, what);
  });
});

/** What happens to the log of a run at a random moment, and to the run. */
const DISTURBANCES = {
  'nobody reads on': (palhm: ChildProcess) => palhm.stderr?.pause(),
  'the reader goes away': (palhm: ChildProcess) => palhm.stderr?.destroy(),
  'nobody reads on, then SIGTERM': (palhm: ChildProcess) => {
    palhm.stderr?.pause();
    palhm.kill('SIGTERM');
  },
  'the reader goes away, then SIGINT': (palhm: ChildProcess) => {
    palhm.stderr?.destroy();
    palhm.kill('SIGINT');
  },
} as const;

/** A stage that talks until it has said it all, before one that takes in everything, a part, or nothing. */
const TAKERS = {
  'takes all': 'cat',
  'stops in the middle': 'head -c 100000',
  'takes nothing until it is stopped': 'sleep 600 </dev/null; cat',
} as const;

test(`${STOPPED_READERS} readers that stop`, async (context) => {
  context.diagnostic(`PALHM_TEST_SEED=${seed}`);
  const moments = Array.from({ length: STOPPED_READERS }, () => ({
    disturbance: random.pick(Object.entries(DISTURBANCES)),
    taker: random.pick(Object.entries(TAKERS)),
    ms: 150 + random.fraction() * 450,
  }));
  await pLimit(AT_ONCE).map(moments, async ({ disturbance, taker, ms }) => {
    const [disturbed, disturb] = disturbance;
    const [takes, taking] = taker;
    const what = `${disturbed} after ${ms.toFixed(0)} ms, the next stage ${takes}`;
    const site = makeSite();
    context.after(() => site.remove());
    // Palhm may be stopped before it makes it.
    mkdirSync(site.root);
    const talk = 'for i in $(seq 40); do seq 1000 >&2; seq 1000; sleep 0.01; done';
    site.write({ objects: [{ path: 'object', stages: [talk, taking] }] });
    const args = ['-v', '--log-format', 'json', '-f', site.config, 'run', 'backup'];
    const palhm = spawn(process.execPath, [PALHM, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...mark },
    });
    palhm.stderr.on('data', () => {});
    const ended = once(palhm, 'exit');
    await Promise.race([delay(ms), ended]);
    disturb(palhm);
    // Nothing else would end this one.
    if (takes === 'takes nothing until it is stopped') palhm.kill('SIGTERM');
    const late = delay(ENDS_WITHIN_MS, 'late', { ref: false });
    const end = await Promise.race([ended, late]);
    if (end === 'late') palhm.kill('SIGKILL');
    assert.notEqual(end, 'late', `${what}: it has not ended`);
    const [prefix, ...others] = await listPrefixes(site.config);
    assert.deepEqual(others, [], what);
    assert.deepEqual(leftoversIn(site.root), [], what);
    // A signal that comes before palhm can roll anything back ends it as it ends any program: without a code.
    const [code] = end as [number | null];
    assert.ok([0, 1, 130, 143, null].includes(code), `${what}: ${code}`);
    if (prefix !== undefined) readWholeCopy(site.root, prefix);
    assert.equal(prefix !== undefined, code === 0, `${what}: ${code}`);
  });
  const left = processesWith(`PALHM_TEST_MARK=${mark.PALHM_TEST_MARK}`);
  assert.deepEqual(left, [], 'processes are left');
});
