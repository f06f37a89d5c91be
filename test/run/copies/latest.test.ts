/** A copy that was made with a wrong clock is not the newest: for restore, show, verify, status, and guards. */
import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import type { BackupPlan, ExpectPlan } from '../../../src/config/plan/plan.js';
import { backupPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { openStandSite } from '../../rig/stand-site.js';

const YEAR_2099 = Date.UTC(2099, 0, 1);
const FUTURE = '2099-01-01T00:00:00+00:00';

const at = openStandSite();
const { palhm, warnings } = at;

const printing = (text: string, expect?: Partial<ExpectPlan>): BackupPlan => {
  const none = { minSize: undefined, maxShrink: undefined, maxGrowth: undefined, texts: [] };
  const more = expect === undefined ? {} : { expect: { ...none, ...expect } };
  const object = objectPlan('o', [shell(`printf '${text}'`)], more);
  return backupPlan(at.stand.root, [groupPlan('default', [], [object])]);
};

suite('a copy of 2099', () => {
  beforeEach(async () => {
    await at.stand.run([printing('of 2099')], { clock: () => YEAR_2099 });
    await at.stand.run([printing('of today')]);
  });
  const passedOver = new RegExp(
    `${FUTURE.replaceAll('+', '\\+')} is dated after now .*passed over`,
  );

  test('is not what restore takes, unless it is named', async () => {
    const latest = await palhm('restore', 'backup', '--stdout');
    assert.deepEqual([latest.code, latest.stdout], [0, 'of today'], latest.stderr);
    assert.match(latest.stderr, passedOver);
    const named = await palhm('restore', 'backup', '--stdout', '--copy', FUTURE);
    assert.deepEqual([named.code, named.stdout], [0, 'of 2099'], named.stderr);
    assert.doesNotMatch(named.stderr, /dated after now/);
  });
  test('is not what show and verify take', async () => {
    for (const command of ['show', 'verify']) {
      const { code, stdout, stderr } = await palhm(command, 'backup', '--json');
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout, /"2099/);
      assert.match(stderr, passedOver);
    }
  });
  test('is marked in the list, and a warning says why', async () => {
    const { code, stdout, stderr } = await palhm('list');
    assert.equal(code, 0);
    assert.match(stdout, /^2099.* dated after now$/m);
    assert.equal(stdout.match(/dated after now/g)?.length, 1);
    assert.match(stderr, passedOver);
  });
  test('is not the last in the status, which names it', async () => {
    const { code, stdout } = await palhm('status', '--json');
    const [status] = JSON.parse(stdout).tasks;
    assert.deepEqual([code, status.state], [0, 'fresh']);
    assert.notEqual(status.last.prefix, FUTURE);
    assert.match(status.notes.join(), /2099.* is dated after now/);
  });
  test('has no size to compare with: an accepted size sticks', async () => {
    const shorter = printing('x', { maxShrink: 10 });
    assert.match((await at.stand.failureOf([shorter])).message, /the last copy had 8 B/);
    assert.match(warnings().join(), passedOver);
    await at.stand.run([shorter], { acceptedSizes: ['o'] });
    await at.stand.run([shorter]);
  });
});

test('when all copies are dated after now the newest is restored, with a warning', async () => {
  await at.stand.run([printing('of 2098')], { clock: () => Date.UTC(2098, 0, 1) });
  await at.stand.run([printing('of 2099')], { clock: () => YEAR_2099 });
  const { code, stdout, stderr } = await palhm('restore', 'backup', '--stdout');
  assert.deepEqual([code, stdout], [0, 'of 2099'], stderr);
  assert.match(stderr, /every copy is dated after now .* clock of this host is probably wrong/);
  const status = JSON.parse((await palhm('status', '--json')).stdout).tasks[0];
  assert.deepEqual([status.state, status.last.prefix, status.age_seconds], ['stale', FUTURE, null]);
});
