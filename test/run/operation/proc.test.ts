/** Where /proc is not mounted, as in a chroot of a rescue system, each command says so, or does without it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unlessMounts } from '../../rig/mounts.js';
import { DUMP, makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';

const CHILD = fileURLToPath(new URL('./without-proc.js', import.meta.url));

suite('without /proc', { skip: unlessMounts }, () => {
  let site: RestoreSite;
  let copy: string;
  before(async () => {
    site = makeRestoreSite();
    const drill = { restore: [{ object: DUMP.path, pipeline: [CAT] }] };
    copy = await site.backup({ objects: [DUMP], drill });
  });
  after(() => site.remove());
  const CAT = { type: 'exec-inline', argv: ['cat'] };

  /** In a mount namespace of its own, in which an empty directory covers the one that is missing. */
  function call(commands: readonly (readonly string[])[], missing = '/proc') {
    const args = commands.map((one) => JSON.stringify(['-f', site.config, ...one]));
    const script = `mount -t tmpfs none ${missing} && exec "$@"`;
    const argv = ['--mount', 'sh', '-c', script, 'sh', process.execPath, CHILD, ...args];
    const { stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => line !== '');
    assert.equal(lines.length, commands.length, stderr);
    return lines.map((line) => JSON.parse(line) as { code: number; stderr: string });
  }

  test('what moves data says how to mount it, once, and does nothing', () => {
    const commands = [
      ['run', 'backup'],
      ['run', 'backup', '--dry-run'],
      ['restore', 'backup', '--to', site.target],
      ['restore', 'backup', '--stdout', '--object', DUMP.path],
      ['restore', 'backup', '--apply', '--yes'],
      ['verify', 'backup'],
      ['rotate', 'backup', '--yes'],
      ['drill', 'backup'],
      ['config', 'check', '--connect'],
    ];
    const files = readdirSync(site.root, { recursive: true });
    for (const [index, { code, stderr }] of call(commands).entries()) {
      const what = `${commands[index]?.join(' ')}: ${stderr}`;
      assert.equal(code, 1, what);
      assert.equal(stderr.split('HOST_UNFIT').length, 2, what);
      assert.match(stderr, /next: mount it: mount -t proc proc \/proc/, what);
    }
    assert.equal(site.restored(), undefined);
    assert.deepEqual(readdirSync(site.root, { recursive: true }), files);
    assert.ok(!readdirSync(copy).includes('.palhm-verify.json'));
  });
  test('the same without /dev', () => {
    for (const { code, stderr } of call(
      [
        ['run', 'backup'],
        ['restore', 'backup', '--to', site.target],
      ],
      '/dev',
    )) {
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /there is no \/dev\/null here, .* HOST_UNFIT\n {2}next: mount it: mount -t devtmpfs/,
      );
    }
    assert.equal(site.restored(), undefined);
  });
  test('what only looks works', () => {
    const commands = [
      ['list', 'backup'],
      ['show', 'backup'],
      ['status'],
      ['restore', 'backup', '--print'],
      ['rotate', 'backup', '--dry-run'],
      ['run', 'backup', '--plan'],
    ];
    for (const { code, stderr } of call(commands)) assert.equal(code, 0, stderr);
  });
});
