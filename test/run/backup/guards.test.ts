import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { ExecPlan, ExpectPlan } from '../../../src/config/plan/plan.js';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { checkChange, checkLeast } from '../../../src/run/backup/guards.js';
import { backupPlan, execPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

const NOTHING: ExpectPlan = {
  minSize: undefined,
  maxShrink: undefined,
  maxGrowth: undefined,
  texts: [],
};

const expecting = (pipeline: readonly ExecPlan[], expect: Partial<ExpectPlan>) => {
  const object = objectPlan('a b', pipeline, { expect: { ...NOTHING, ...expect } });
  return backupPlan(stand.root, [groupPlan('default', [], [object])]);
};
const bytes = (count: number, expect: Partial<ExpectPlan>) =>
  expecting([execPlan(['head', '-c', String(count), '/dev/zero'])], expect);
const said = (type: 'warning' | 'debug'): string[] =>
  stand.events.flatMap((event) => (event.type === type ? [event.message] : []));

suite('sizes', () => {
  const judge = (size: number, last: number, expect: Partial<ExpectPlan>): string | undefined =>
    checkChange({ ...NOTHING, ...expect }, { size, last });
  test('by themselves', () => {
    assert.deepEqual(checkLeast({ ...NOTHING, minSize: 10 }, 10), []);
    assert.deepEqual(checkLeast({ ...NOTHING, minSize: 1_048_576 }, 20), [
      'it has 20 B, at least 1.0 MiB is expected',
    ]);
    assert.deepEqual(checkLeast({ ...NOTHING, minSize: 1_048_576 }, 1_048_575), [
      'it has 1048575 B, at least 1048576 B is expected',
    ]);
  });
  test('beside the last', () => {
    assert.equal(judge(50, 100, { maxShrink: 50 }), undefined);
    assert.equal(judge(400, 100, { maxGrowth: 300 }), undefined);
    assert.equal(judge(0, 100, { maxGrowth: 0 }), undefined);
    assert.equal(judge(900, 100, { maxShrink: 0 }), undefined);
    assert.equal(judge(900, 0, { maxGrowth: 0, maxShrink: 0 }), undefined);
    assert.equal(
      judge(1_258_291, 10_485_760, { maxShrink: 50 }),
      'it has 1.2 MiB, the last copy had 10.0 MiB: shrunk by 88 %, at most 50 % is allowed',
    );
    assert.equal(
      judge(499_999, 1_000_000, { maxShrink: 50 }),
      'it has 488.3 KiB, the last copy had 976.6 KiB: shrunk by 50.0001 %, at most 50 % is allowed'.replace(
        '50.0001',
        '50.000100',
      ),
    );
    assert.equal(
      judge(401, 100, { maxGrowth: 300 }),
      'it has 401 B, the last copy had 100 B: grown by 301 %, at most 300 % is allowed',
    );
  });
});

suite('a backup', () => {
  test('fails over an object that is too small, and is rolled back', async () => {
    const failure = await stand.failureOf([bytes(20, { minSize: 1_048_576 })]);
    assert.equal(failure.code, 'GUARD_FAILED');
    assert.equal(failure.message, 'it has 20 B, at least 1.0 MiB is expected');
    assert.deepEqual(stand.copies(), []);
    assert.deepEqual(stand.leftovers(), []);
    assert.ok(stand.events.some(({ type }) => type === 'object-failed'));
    assert.ok(!stand.events.some(({ type }) => type === 'object-finished'));
  });
  test('fails over an empty object that has a least size, and does not warn of one that may be', async () => {
    const failure = await stand.failureOf([bytes(0, { minSize: 1 })]);
    assert.equal(failure.message, 'it has 0 B, at least 1 B is expected');
    await stand.run([bytes(0, { minSize: 0 })]);
    assert.deepEqual(said('warning'), []);
    await stand.run([bytes(0, {})]);
    assert.match(said('warning').join(), /"a b" is empty/);
  });
  test('has nothing to compare the first copy with, and says so', async () => {
    await stand.run([bytes(100, { maxShrink: 50 })]);
    assert.match(said('debug').join(), /"a b": no earlier copy has its size/);
  });
  test('compares with the newest copy, and lets a change be accepted once', async () => {
    await stand.run([bytes(1000, {})]);
    await stand.run([bytes(100, {})]);
    const failure = await stand.failureOf([bytes(1000, { maxGrowth: 300, maxShrink: 50 })]);
    assert.match(failure.message, /^it has 1000 B, the last copy had 100 B: grown by 900 %/);
    assert.match(failure.hint ?? '', /palhm run backup --accept-size 'a b'$/);
    assert.equal(stand.copies().length, 2);
    await stand.run([bytes(1000, { maxGrowth: 300 })], { acceptedSizes: ['a b'] });
    assert.match(said('warning').join(), /"a b" has an accepted size: it has 1000 B/);
    await stand.run([bytes(1000, { maxGrowth: 300, maxShrink: 50 })]);
    assert.equal(stand.copies().length, 4);
  });
  test('accepts a change, not a size below the least', async () => {
    await stand.run([bytes(1000, {})]);
    const failure = await stand.failureOf([bytes(10, { minSize: 100, maxShrink: 1 })], {
      acceptedSizes: ['a b'],
    });
    assert.equal(failure.message, 'it has 10 B, at least 100 B is expected');
  });
  test('goes on beside a newest copy without a manifest', async () => {
    await stand.run([bytes(1000, {})]);
    const [prefix = ''] = stand.copies();
    writeFileSync(join(stand.root, prefix, MANIFEST_NAME), '{');
    await stand.run([bytes(10, { maxShrink: 1 })]);
    assert.equal(stand.copies().length, 2);
  });
  test('tells all that is wrong at once', async () => {
    await stand.run([bytes(1000, {})]);
    const texts = [
      { type: 'contains', text: 'abc', stage: 0 },
      { type: 'ends-with', text: 'end', stage: 1 },
    ] as const;
    const pipeline = [shell('echo hello'), execPlan(['tail', '-c', '3'])];
    const failure = await stand.failureOf([
      expecting(pipeline, { minSize: 10, maxShrink: 50, texts }),
    ]);
    assert.deepEqual([failure.message, ...failure.details].slice(0, 4), [
      'it has 3 B, the last copy had 1000 B: shrunk by 100 %, at most 50 % is allowed',
      'it has 3 B, at least 10 B is expected',
      'stage 1, bash, wrote 6 B, and nowhere in it "abc"',
      'stage 2, tail, wrote 3 B, and it does not end with "end"',
    ]);
  });
  test('as a dry run judges sizes and texts, and compares nothing', async () => {
    await stand.run([bytes(1000, {})]);
    await stand.run([bytes(100, { maxShrink: 1 })], { dryRunOf: [] });
    const small = await stand.failureOf([bytes(1, { minSize: 2 })], { dryRunOf: [] });
    assert.equal(small.code, 'GUARD_FAILED');
    const texts = [{ type: 'contains', text: 'abc', stage: 0 }] as const;
    const without = await stand.failureOf([bytes(1, { texts })], { dryRunOf: [] });
    assert.equal(without.code, 'GUARD_FAILED');
    assert.equal(stand.copies().length, 1);
  });
  test('finds texts in 100 MB, across the borders of what is read at once', async () => {
    // 41 bytes a line: the text lies on every border at some time; the compressor hides it from the object.
    const script = [
      'yes 0123456789012345678901234567890123456789 | head -c 65530',
      'printf NEEDLE-IN-THE-STREAM',
      'yes 0123456789012345678901234567890123456789 | head -c 100000000',
      'printf "\\n-- Dump completed on 2022-05-01  6:59:17\\n"',
    ].join('; ');
    const texts = [
      { type: 'contains', text: 'NEEDLE-IN-THE-STREAM', stage: 0 },
      { type: 'ends-with', text: '-- Dump completed', stage: 0 },
    ] as const;
    const pipeline = [shell(script), execPlan(['gzip', '-1n'])];
    await stand.run([expecting(pipeline, { texts })]);
    const cut = [shell(`(${script}) | head -c 90000000`), execPlan(['gzip', '-1n'])];
    const failure = await stand.failureOf([expecting(cut, { texts })]);
    assert.match(
      failure.message,
      /^stage 1, bash, wrote 85.8 MiB, and it does not end with "-- Dump completed"$/,
    );
    assert.equal(failure.details.length, 1);
  });
  test('with a guard on its last stage stores the same bytes', async () => {
    const texts = [{ type: 'contains', text: 'B', stage: 1 }] as const;
    await stand.run([expecting([shell('echo b'), execPlan(['tr', 'b', 'B'])], { texts })]);
    const finished = stand.events.find((event) => event.type === 'object-finished');
    assert.equal(finished?.type === 'object-finished' && finished.size, 2);
    const started = stand.events.find((event) => event.type === 'object-started');
    assert.deepEqual(started?.type === 'object-started' && started.stages, ['bash', 'tr']);
  });
});
