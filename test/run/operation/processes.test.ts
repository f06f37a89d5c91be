/** What stages leave in sessions of their own: it goes with what fails, and is named when all is well. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { Event } from '../../../src/events/events.js';
import { Failure } from '../../../src/failure/failure.js';
import { callPalhm, startPalhm } from '../../rig/palhm.js';
import { backupPlan, groupPlan, objectPlan, routinePlan, shell } from '../../rig/plans.js';
import { isAlive, pidIn } from '../../rig/processes.js';
import { makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';
import { openStand, type Stand } from '../../rig/stand.js';
import { untilWritten } from '../../rig/until.js';

let stand: Stand;
let site: RestoreSite;
beforeEach(() => {
  stand = openStand();
  site = makeRestoreSite();
});
afterEach(() => {
  stand.close();
  site.remove();
});

/** Leaves a process in a session of its own, which holds nothing of palhm, and then writes its number into the file. */
function leaving(mark: string, more = ''): string {
  const hasLeft = 'until grep -q sleep /proc/$!/comm; do :; done';
  return `setsid sleep 600 >/dev/null 2>&1 </dev/null & ${hasLeft}; echo $! > ${mark}; ${more}`;
}

suite('what a stage has left in another session', () => {
  /** Whether it was alive when the roll back was told. */
  let livedAt: boolean | undefined;
  const lookAtRollBack = (mark: string) => ({
    outlet({ type }: Pick<Event, 'type'>) {
      if (type === 'copy-rolled-back') livedAt = isAlive(pidIn(mark));
    },
  });
  const backupOf = (script: string) =>
    backupPlan(stand.root, [groupPlan('default', [], [objectPlan('a', [shell(script)])])]);

  test('is ended before a backup that failed is rolled back', async () => {
    const mark = join(stand.directory, 'mark');
    const failure = await stand.failureOf([backupOf(leaving(mark, 'exit 3'))], {
      surroundings: lookAtRollBack(mark),
    });
    assert.equal(failure.code, 'STAGE_FAILED');
    assert.equal(livedAt, false);
  });

  test('is ended before one that is stopped is', async () => {
    const mark = join(stand.directory, 'mark');
    const failing = stand.failureOf([backupOf(leaving(mark, 'exec sleep 600'))], {
      surroundings: lookAtRollBack(mark),
    });
    await untilWritten(mark);
    stand.stop(new Failure({ code: 'TERMINATED', message: 'stopped' }));
    assert.equal((await failing).code, 'TERMINATED');
    assert.equal(livedAt, false);
  });

  test('is ended when a later step of its routine fails', async () => {
    const mark = join(stand.directory, 'mark');
    const steps = [leaving(mark), 'exit 3'].map((script) => ({
      type: 'exec' as const,
      exec: shell(script),
    }));
    const routine = routinePlan(steps);
    await stand.failureOf([routine], { task: 'r' });
    assert.equal(isAlive(pidIn(mark)), false);
  });

  for (const [name, args, code] of [
    ['restore --to', ['restore', '--to', 'TARGET'], 1],
    ['restore --stdout', ['restore', '--stdout'], 1],
    ['verify --decode', ['verify', '--decode'], 4],
  ] as const)
    test(`is ended when ${name} fails`, async () => {
      const mark = join(site.directory, 'mark');
      await site.backup({
        objects: [
          { path: 'a.x', stages: ['echo a', 'cat'], inverses: [null, leaving(mark, 'exit 3')] },
        ],
      });
      const given = args.map((arg) => (arg === 'TARGET' ? site.target : arg));
      const ended = await callPalhm(['-f', site.config, ...given]);
      assert.equal(ended.code, code, ended.stderr);
      assert.equal(isAlive(pidIn(mark)), false);
    });

  test('is ended when verify --decode is stopped', async () => {
    const mark = join(site.directory, 'mark');
    const undo = leaving(mark, 'exec sleep 600');
    await site.backup({
      objects: [{ path: 'a.x', stages: ['echo a', 'cat'], inverses: [null, undo] }],
    });
    const palhm = startPalhm(['-f', site.config, 'verify', '--decode']);
    await untilWritten(mark);
    palhm.child.kill('SIGTERM');
    const { code, stderr } = await palhm.ended;
    assert.equal(code, 143, stderr);
    assert.equal(isAlive(pidIn(mark)), false);
  });

  test('is named, and runs on, when the run ends well', async () => {
    const mark = join(stand.directory, 'mark');
    await stand.run([backupOf(leaving(mark, 'echo a'))]);
    const pid = pidIn(mark);
    assert.ok(isAlive(pid));
    assert.deepEqual(
      stand.events.filter(({ type }) => type === 'processes-left'),
      [{ type: 'processes-left', processes: [{ pid, command: 'sleep' }] }],
    );
    process.kill(pid, 'SIGKILL');
  });
});
