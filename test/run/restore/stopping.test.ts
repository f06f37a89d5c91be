/** A restore that is stopped or killed: nothing half under a final name, and nothing for ever. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { quoteForShell } from '../../../src/units/shell-quote.js';
import { type RunningPalhm, startPalhm } from '../../rig/palhm.js';
import { isAlive } from '../../rig/processes.js';
import { makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';
import { openRig, type Rig } from '../../rig/rig.js';

let site: RestoreSite;
let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(() => rig.close());
beforeEach(() => {
  site = makeRestoreSite();
});
afterEach(() => site.remove());

/** An object whose inverse filter is an actor of this name, and one that is done at once. */
async function backupWithActor(name: string): Promise<void> {
  const inverse = rig.argv(name).map(quoteForShell).join(' ');
  const actor = {
    path: 'slow.gz',
    stages: ['echo slow', 'gzip'],
    inverses: [null, `exec ${inverse}`],
  };
  await site.backup({ objects: [actor, { path: 'quick', stages: ['echo quick'] }] });
}

function start(...args: readonly string[]): RunningPalhm {
  const log = ['--log-format', 'json'];
  return startPalhm(['-f', site.config, ...log, 'restore', '--to', site.target, ...args]);
}

suite('a restore that is stopped', () => {
  const cases = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const;
  for (const [signal, exit] of cases) {
    test(`by ${signal} is taken back and ends with ${exit}`, async () => {
      await backupWithActor(signal);
      const running = start();
      const actor = await rig.invoked(signal);
      await running.event('object-finished');
      running.child.kill(signal);
      const { code, stderr } = await running.ended;
      await actor.gone;
      assert.equal(code, exit, stderr);
      assert.equal(site.restored(), undefined);
    });
  }
  test('leaves what was in the directory before', async () => {
    await backupWithActor('before');
    mkdirSync(site.target);
    writeFileSync(join(site.target, 'mine'), 'mine');
    const running = start();
    await rig.invoked('before');
    running.child.kill('SIGTERM');
    assert.equal((await running.ended).code, 143);
    assert.deepEqual(site.restored(), { mine: 'mine' });
    assert.deepEqual(readdirSync(site.target), ['mine']);
  });
});

suite('a restore that is killed', () => {
  test('leaves a hidden directory that only its owner sees into, and the next one removes it', async () => {
    await backupWithActor('killed');
    const running = start();
    const actor = await rig.invoked('killed');
    await running.event('object-finished');
    await actor.tell({ do: 'ignore-sigterm' });
    running.child.kill('SIGKILL');
    await running.ended;
    const [left = '', ...others] = readdirSync(site.target);
    assert.deepEqual(others, []);
    assert.match(left, /^\.palhm-restore\./);
    assert.equal(statSync(join(site.target, left)).mode & 0o777, 0o700);
    for (const name of readdirSync(join(site.target, left)))
      assert.equal(statSync(join(site.target, left, name)).mode & 0o777, 0o600);
    assert.ok(isAlive(actor.pid));
    const next = await site.restore('--to', site.target, '--object', 'quick');
    assert.equal(next.code, 0, next.stderr);
    assert.match(next.stderr, /removed what a run that died left behind: the unfinished restore/);
    await actor.gone;
    assert.deepEqual(readdirSync(site.target), ['quick']);
  });
  test('while it lives, another restore leaves its directory alone', async () => {
    await backupWithActor('alive');
    const running = start();
    const actor = await rig.invoked('alive');
    const other = await site.restore('--to', site.target, '--object', 'quick');
    assert.equal(other.code, 0, other.stderr);
    assert.doesNotMatch(other.stderr, /left behind/);
    await actor.end({ do: 'exit', code: 0 });
    // "quick" is there now: the first restore finds that, and takes itself back.
    const { code, stderr } = await running.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /TARGET_EXISTS/);
    assert.deepEqual(site.restored(), { quick: 'quick\n' });
  });
  test('in the middle of replacing files: the old ones are kept, and said', async () => {
    await site.backup({ objects: [{ path: 'a', stages: ['echo new'] }] });
    const left = join(site.target, '.palhm-restore.00000000-0000-4000-8000-000000000000');
    mkdirSync(join(left, 'replaced'), { recursive: true });
    writeFileSync(join(left, 'replaced/0'), 'old');
    const { code, stderr } = await site.restore('--to', site.target);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /a restore died while it replaced files: the old ones are in .*replaced/);
    assert.equal(readFileSync(join(left, 'replaced/0'), 'utf8'), 'old');
  });
});
