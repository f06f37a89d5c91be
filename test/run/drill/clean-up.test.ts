/** How a drill cleans up, on every path. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { makeDrillSite, restored, SERVER, script } from '../../rig/drill-site.js';

describe('palhm drill cleans up', () => {
  let site: Awaited<ReturnType<typeof makeDrillSite>>;
  before(async () => {
    site = await makeDrillSite();
  });
  beforeEach(() => site.forget());
  after(() => site.remove());

  it('preparing that fails: exit 1, nothing is recorded, cleaned up all the same', async () => {
    const { code, stderr } = await site.drill({
      prepare: [SERVER, script('echo "no port" >&2; exit 5'), script('exit 6')],
      'clean-up': [site.leave('after-prepare')],
    });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /"code":"DRILL_NOT_PREPARED","message":"prepare 2 of 3: sh exited/);
    assert.match(stderr, /no result was recorded/);
    assert.equal(site.record(), undefined);
    assert.ok(site.has('after-prepare'));
    site.assertGone();
  });

  it('cleaning up that fails: every program of it runs, exit 3, recorded as passed', async () => {
    const { code, stderr } = await site.drill({
      prepare: [SERVER],
      'clean-up': [site.leave('first', 'exit 7'), site.leave('second')],
    });
    assert.equal(code, 3, stderr);
    assert.match(stderr, /"code":"DRILL_NOT_CLEANED","message":"clean-up 1 of 2: sh exited/);
    assert.equal(site.record()?.['result'], 'passed');
    assert.ok(site.has('second'));
    site.assertGone();
  });

  it('a drill and its cleaning up that fail: the drill is told first', async () => {
    const { code, stderr } = await site.drill({
      check: [script('exit 3')],
      'clean-up': [script('exit 7')],
    });
    assert.equal(code, 4, stderr);
    assert.match(stderr, /"code":"DRILL_FAILED".*\n.*clean-up 1 of 1: sh exited with status 7/);
    site.assertGone();
  });

  it('SIGTERM in the middle of a restore: exit 143, cleaned up, not recorded', async () => {
    site.configure({
      prepare: [SERVER],
      restore: [restored('echo restoring >&2; exec sleep 1000')],
      'clean-up': [site.leave('after-signal')],
    });
    const run = site.start('drill', 'backup');
    assert.ok(await run.event('stage-output'));
    run.child.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    assert.equal(code, 143, stderr);
    assert.equal(site.record(), undefined);
    assert.ok(site.has('after-signal'));
    site.assertGone();
  });

  it('a timeout of the drill: exit 4, cleaned up', async () => {
    const { code, stderr } = await site.drill({
      timeout: '300ms',
      restore: [restored('sleep 1000 >/dev/null 2>&1 & exec sleep 1000')],
      'clean-up': [site.leave('after-timeout')],
    });
    assert.equal(code, 4, stderr);
    assert.match(
      String(site.record()?.['problem']),
      /^restoring object "numbers": .*its timeout of /,
    );
    assert.ok(site.has('after-timeout'));
    site.assertGone();
  });

  it('a drill that ran out of time has failed, also when its program then ends with 0', async () => {
    const { code, stderr } = await site.drill({
      timeout: '300ms',
      check: [script(`trap 'exit 0' TERM; sleep 1000 & wait`)],
    });
    assert.equal(code, 4, stderr);
    assert.equal(site.record()?.['result'], 'failed');
    site.assertGone();
  });

  it('a FIFO in the place of the note of a dead one is not waited for', async () => {
    const dead = join(site.scratch, 'palhm-drill-fifo');
    mkdirSync(dead, { mode: 0o700 });
    execFileSync('mkfifo', [join(dead, 'drill.json')]);
    const { code, stderr } = await site.drill({});
    rmSync(dead, { recursive: true });
    assert.equal(code, 0, stderr);
    site.assertGone();
  });

  it('kill -9: the next drill of the task ends what is left, and touches nothing else', async (context) => {
    const other = { run: 'other', task: 'another' };
    const open = { run: 'other', task: 'backup' };
    for (const [name, mode, note] of [
      ['palhm-drill-another', 0o700, other],
      ['palhm-drill-open', 0o777, open],
    ] as const) {
      mkdirSync(join(site.scratch, name));
      chmodSync(join(site.scratch, name), mode);
      writeFileSync(join(site.scratch, name, 'drill.json'), JSON.stringify(note));
    }
    site.configure({ prepare: [SERVER], check: [script('echo here; exec sleep 1000')] });
    const [dying, living] = [site.start('drill', 'backup'), site.start('drill', 'backup')];
    context.after(() => living.child.kill('SIGTERM'));
    for (const run of [dying, living]) assert.ok(await run.event('stage-output'));
    dying.child.kill('SIGKILL');
    await dying.ended;
    assert.equal(readdirSync(site.scratch).length, 4);

    site.configure({});
    const next = site.watch(['drill', 'backup']);
    const { code, stderr } = await next.ended;
    assert.equal(code, 0, stderr);
    const removed = next.events().filter(({ event }) => event === 'leftover-removed');
    assert.equal(removed.length, 1);
    assert.ok(Number(removed[0]?.['processes']) >= 1);
    assert.equal(readdirSync(site.scratch).length, 3);
    assert.equal(living.child.exitCode, null);
    living.child.kill('SIGTERM');
    assert.equal((await living.ended).code, 143);
    assert.deepEqual(readdirSync(site.scratch).sort(), ['palhm-drill-another', 'palhm-drill-open']);
    for (const name of readdirSync(site.scratch))
      rmSync(join(site.scratch, name), { recursive: true });
    site.assertGone();
  });
});
