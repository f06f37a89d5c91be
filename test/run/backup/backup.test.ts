import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { Listing } from '../../../src/copy/copy.js';
import { MANIFEST_NAME, type Manifest } from '../../../src/copy/manifest.js';
import { Failure } from '../../../src/failure/failure.js';
import type { Operation } from '../../../src/run/operation/operation.js';
import { createSink } from '../../../src/sink/registry.js';
import { LARGEST_MANIFEST } from '../../../src/sink/stored-manifest.js';
import { parseManifest } from '../../../src/wire/parse-manifest.js';
import { plantOriginal } from '../../rig/copies.js';
import { backupPlan, execPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { isAlive } from '../../rig/processes.js';
import { openRig, type Rig } from '../../rig/rig.js';
import { openStand, type Stand } from '../../rig/stand.js';
import { until } from '../../rig/until.js';

let stand: Stand;
let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(() => rig.close());
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

const manifestOf = (prefix: string): Manifest =>
  parseManifest(readFileSync(join(stand.root, prefix, MANIFEST_NAME), 'utf8'));

/** A root behind a cache: it shows what it showed at first, whatever is stored in it. */
const createStaleSink: Operation['createSink'] = async (plan, context) => {
  const sink = await createSink(plan, context);
  let shown: Promise<Listing> | undefined;
  return { ...sink, list: (request) => (shown ??= sink.list(request)) };
};

/** The same, of a cache that has the objects of a new copy already, but not its manifest. */
const createHalfStaleSink: Operation['createSink'] = async (plan, context) => ({
  ...(await createSink(plan, context)),
  settle: async ({ name }) => rmSync(join(stand.root, name, MANIFEST_NAME)),
});

suite('a run', () => {
  test('makes one whole copy with a manifest that says what is in it', async () => {
    await stand.run([stand.simple()]);
    const [prefix = ''] = stand.copies();
    assert.match(prefix, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    const manifest = manifestOf(prefix);
    assert.deepEqual(
      manifest.objects.map(({ path }) => path),
      ['a.gz', 'dir/b'],
    );
    for (const object of manifest.objects) {
      const bytes = readFileSync(join(stand.root, prefix, object.path));
      assert.equal(object.size, bytes.length);
      assert.equal(object.sha256, createHash('sha256').update(bytes).digest('hex'));
    }
    assert.deepEqual(stand.leftovers(), []);
  });
  test('twice in one second makes two copies, in order', async () => {
    const clock = (): number => Date.UTC(2026, 0, 1);
    await stand.run([stand.simple()], { clock });
    await stand.run([stand.simple()], { clock });
    await stand.run([stand.simple()], { clock });
    assert.deepEqual(stand.copies(), [
      '2026-01-01T00:00:00+00:00',
      '2026-01-01T00:00:00.000001+00:00',
      '2026-01-01T00:00:00.000002+00:00',
    ]);
  });
  test('takes as long as it takes, although the clock is set back meanwhile', async () => {
    let now = Date.UTC(2026, 0, 1);
    const clock = (): number => (now -= 3_600_000);
    await stand.run([stand.simple()], { clock });
    const committed = stand.events.find((event) => event.type === 'copy-committed');
    assert.ok(committed?.type === 'copy-committed' && committed.durationMs > 0);
  });
  test('says what happens, in order', async () => {
    await stand.run([stand.simple()], { plan: { workers: 1 } });
    const types = stand.events.map(({ type }) => type).filter((type) => type !== 'object-progress');
    assert.deepEqual(types, [
      'task-started',
      'copy-opened',
      'group-started',
      'object-started',
      'object-finished',
      'object-started',
      'object-finished',
      'group-finished',
      'copy-committed',
      'rotation-finished',
      'task-finished',
      'run-finished',
    ]);
  });
  test('warns of an object that is empty', async () => {
    await stand.run([
      backupPlan(stand.root, [
        groupPlan('default', [], [objectPlan('nothing', [execPlan(['true'])])]),
      ]),
    ]);
    assert.ok(
      stand.events.some(
        (event) => event.type === 'warning' && event.message.includes('"nothing" is empty'),
      ),
    );
  });
  test('as a dry run stores nothing', async () => {
    await stand.run([stand.simple()], { dryRunOf: [] });
    assert.equal(existsSync(stand.root), false);
    const finished = stand.events.find(
      (event) => event.type === 'object-finished' && event.object === 'dir/b',
    );
    assert.equal(finished?.type === 'object-finished' && finished.size, 2);
  });
  test('as a dry run of some objects builds those alone', async () => {
    await stand.run([stand.simple()], { dryRunOf: ['dir/b'] });
    assert.deepEqual(
      stand.events.flatMap((event) => (event.type === 'object-started' ? [event.object] : [])),
      ['dir/b'],
    );
    await assert.rejects(stand.run([stand.simple()], { dryRunOf: ['nope'] }), /no object "nope"/);
  });
});

suite('a failure', () => {
  const oldCopy = '2020-01-01T00:00:00+00:00';
  beforeEach(() => {
    mkdirSync(join(stand.root, oldCopy), { recursive: true });
    writeFileSync(join(stand.root, oldCopy, 'x'), 'old');
  });
  const nothingButTheOld = (): void => {
    assert.deepEqual(stand.copies(), [oldCopy]);
    assert.deepEqual(stand.leftovers(), []);
    assert.equal(readFileSync(join(stand.root, oldCopy, 'x'), 'utf8'), 'old');
  };

  test('of a stage rolls everything back, stops the siblings, and starts nothing new', async () => {
    const objects = [
      objectPlan('good', [shell('echo good')]),
      objectPlan('bad', [execPlan(rig.argv('bad'))]),
      objectPlan('sibling', [execPlan(rig.argv('sibling'))]),
    ];
    const plan = backupPlan(
      stand.root,
      [
        groupPlan('first', [], objects),
        groupPlan('second', ['first'], [objectPlan('never', [execPlan(rig.argv('never'))])]),
      ],
      {},
    );
    const running = stand.failureOf([plan]);
    const [bad, sibling] = await Promise.all([rig.invoked('bad'), rig.invoked('sibling')]);
    await until(() => stand.events.some(({ type }) => type === 'object-finished'));
    await sibling.tell({ do: 'print', text: 'half' });
    await bad.tell({ do: 'complain', text: 'no more rows\n' });
    await bad.end({ do: 'exit', code: 3 });
    const error = await running;
    assert.equal(error.code, 'STAGE_FAILED');
    assert.ok(error.details.includes('| no more rows'));
    assert.ok(error.details.some((line) => line.includes('rolled back')));
    assert.equal(isAlive(sibling.pid), false);
    assert.equal(rig.wasInvoked('never'), false);
    assert.deepEqual(
      stand.events.filter(({ type }) => type === 'stopping' || type === 'object-cancelled'),
      [
        { type: 'stopping', reason: 'an object failed' },
        { type: 'object-cancelled', object: 'sibling', group: 'first' },
      ],
    );
    nothingButTheOld();
  });
  test('by SIGTERM rolls everything back', async () => {
    const slowly = objectPlan('slow', [execPlan(rig.argv('slow'))]);
    const running = stand.failureOf([backupPlan(stand.root, [groupPlan('default', [], [slowly])])]);
    const slow = await rig.invoked('slow');
    await slow.tell({ do: 'print', text: 'half' });
    stand.stop(new Failure({ code: 'TERMINATED', message: 'stopped by SIGTERM' }));
    assert.equal((await running).code, 'TERMINATED');
    assert.equal(isAlive(slow.pid), false);
    nothingButTheOld();
  });
  test('that makes no object keeps nothing, and rotates nothing', async () => {
    for (const groups of [[], [groupPlan('default', [], [])]]) {
      const { sink } = stand.simple({ copies: { type: 'at-most', value: 1n } });
      const error = await stand.failureOf([{ ...backupPlan(stand.root, groups), sink }]);
      assert.equal(error.code, 'NO_OBJECTS');
      assert.ok(error.details.some((line) => line.includes('nothing was stored')));
      nothingButTheOld();
    }
  });
  test('a second run on one root is refused and harms nothing', async () => {
    const plan = backupPlan(stand.root, [
      groupPlan('default', [], [objectPlan('slow', [execPlan(rig.argv('holder'))])]),
    ]);
    const first = stand.run([plan]);
    const holder = await rig.invoked('holder');
    const second = await stand.failureOf([stand.simple()]);
    assert.equal(second.code, 'LOCKED');
    assert.match(second.message, new RegExp(`${process.pid}`));
    await holder.end({ do: 'exit', code: 0 });
    await first;
    assert.equal(stand.copies().length, 2);
  });
  test('of an object that makes the manifest too large ends the run before the commit', async () => {
    const huge = execPlan(['cat', 'x'.repeat(LARGEST_MANIFEST)]);
    const object = objectPlan('o', [shell('echo o')], { restore: [huge] });
    const backup = backupPlan(stand.root, [groupPlan('default', [], [object])]);
    const error = await stand.failureOf([backup]);
    assert.equal(error.code, 'MANIFEST_TOO_LARGE');
    assert.ok(stand.events.some(({ type }) => type === 'object-failed'));
    assert.deepEqual([stand.copies().length, stand.leftovers()], [1, []]);
  });
  test('of rotation leaves the new copy and says so', async () => {
    for (let day = 10; day < 20; day += 1)
      plantOriginal(stand.root, `2020-01-${day}T00:00:00+00:00`);
    const error = await stand.failureOf([stand.simple({ copies: { type: 'at-most', value: 2n } })]);
    assert.equal(error.code, 'ROTATION_REFUSED');
    assert.ok(error.details.some((line) => line.includes('is complete and safe')));
    assert.equal(stand.copies().length, 12);
  });
});

suite('rotation', () => {
  test('removes nothing when the root does not show the copy just made', async () => {
    for (const day of [1, 2])
      await stand.run([stand.simple()], { clock: () => Date.UTC(2026, 0, day) });
    const limited = stand.simple({ copies: { type: 'at-most', value: 1n } });
    const error = await stand.failureOf([limited], {
      clock: () => Date.UTC(2026, 0, 3),
      surroundings: { createSink: createStaleSink },
    });
    assert.equal(error.code, 'COPY_NOT_LISTED');
    assert.match(error.message, /2026-01-03T00:00:00\+00:00, is not among the 2 copies/);
    assert.doesNotMatch(error.details.join(), /safe/);
    assert.match(error.hint ?? '', /palhm verify backup --copy 2026-01-03T/);
    assert.equal(stand.copies().length, 3);
  });
  test('removes nothing when the root shows the copy just made without its manifest', async () => {
    for (const day of [1, 2])
      await stand.run([stand.simple()], { clock: () => Date.UTC(2026, 0, day) });
    const limited = stand.simple({ copies: { type: 'at-most', value: 1n } });
    const { code, message } = await stand.failureOf([limited], {
      clock: () => Date.UTC(2026, 0, 3),
      surroundings: { createSink: createHalfStaleSink },
    });
    assert.equal(code, 'COPY_NOT_LISTED');
    assert.match(message, /among the 3 copies .*: it is shown without its manifest$/);
    assert.equal(stand.copies().length, 3);
  });
  test('keeps as many as the limit says, the newest of them', async () => {
    const plan = stand.simple({ copies: { type: 'at-most', value: 2n } });
    for (let day = 1; day <= 4; day += 1) {
      await stand.run([plan], { clock: () => Date.UTC(2026, 0, day) });
    }
    assert.deepEqual(stand.copies(), ['2026-01-03T00:00:00+00:00', '2026-01-04T00:00:00+00:00']);
  });
  test('goes past a copy that resists, and says which', async (context) => {
    const limited = stand.simple({ copies: { type: 'at-most', value: 1n } });
    for (const day of [1, 2, 3]) {
      await stand.run([stand.simple()], { clock: () => Date.UTC(2026, 0, day) });
    }
    const [stubborn = '', ...others] = stand.copies();
    const freeze = spawnSync('chattr', ['+i', join(stand.root, stubborn)], { encoding: 'utf8' });
    if (freeze.status !== 0)
      return context.skip(`needs a file system and the right to freeze: ${freeze.stderr}`);
    try {
      const error = await stand.failureOf([limited], { clock: () => Date.UTC(2026, 0, 4) });
      assert.equal(error.code, 'ROTATION_FAILED');
      assert.ok(error.message.includes(`the old copy ${stubborn}`), error.message);
      assert.deepEqual(stand.copies(), [stubborn, '2026-01-04T00:00:00+00:00']);
      assert.equal(others.length, 2);
    } finally {
      spawnSync('chattr', ['-i', join(stand.root, stubborn)]);
    }
  });
});
