/** `palhm restore --print --apply`: its lines are run by a shell. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { callPalhm, runPalhm } from '../../rig/palhm.js';
import { makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';

let site: RestoreSite;
beforeEach(() => {
  site = makeRestoreSite();
});
afterEach(() => site.remove());

const into = (name: string): string => join(site.directory, name);

test('a line of --print --apply writes nothing into the copy, and has the env, user and cwd of the target', async () => {
  const pipeline = [
    {
      type: 'exec-inline',
      argv: ['echo', 'text'],
      cwd: '/usr',
      env: { TARGET: 'server a', MYSQL_PWD: 'hunter22', KEY: { file: 'key' } },
      ...(process.getuid?.() === 0 ? { user: 'nobody' } : {}),
      inverse: { argv: ['sh', '-c', 'cat; echo "$TARGET $PWD $(id -u) $HOME"'] },
    },
    { type: 'exec-inline', argv: ['gzip'], inverse: { argv: ['sh', '-c', 'gzip -d; pwd >&2'] } },
  ];
  writeFileSync(into('key'), 'secret-9');
  writeConfig([{ path: 'o', pipeline }]);
  assert.equal((await callPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
  const { stdout, stderr } = await site.restore('--print', '--apply');
  assert.doesNotMatch(stdout, /hunter22|secret-9/, stderr);
  assert.match(stdout, /^# first put in .*\$\{file:.*key\}, \$\{the MYSQL_PWD of the config\}$/m);
  const [uid, home] = process.getuid?.() === 0 ? nobody() : [process.getuid?.(), homedir()];
  const shell = { encoding: 'utf8', cwd: '/var' } as const;
  const ended = spawnSync('sh', ['-c', stdout], { ...shell });
  assert.deepEqual(
    [ended.stdout, ended.stderr],
    [`text\nserver a /usr ${uid} ${home}\n`, '/var\n'],
  );
});

test('a line of --print --apply unpacks where the shell is, not into the copy', async () => {
  const inverse = { argv: ['sh', '-c', 'cat >unpacked'] };
  const pipeline = [{ type: 'exec-inline', argv: ['echo', 'text'], inverse }];
  writeConfig([{ path: 'o', pipeline }]);
  assert.equal((await callPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
  const { stdout } = await site.restore('--print', '--apply');
  const here = mkdtempSync(into('here-'));
  assert.equal(spawnSync('sh', ['-c', stdout], { cwd: here }).status, 0);
  assert.deepEqual(readdirSync(here), ['unpacked']);
  const verified = await callPalhm(['-f', site.config, 'verify', 'backup']);
  assert.equal(verified.code, 0, verified.stderr);
});

test('--apply says at its end which command it ran, and where', async () => {
  const inverse = { argv: ['sh', '-c', 'cat >unpacked'] };
  const pipeline = [{ type: 'exec-inline', argv: ['echo', 'text'], inverse }];
  writeConfig([{ path: 'o', pipeline }]);
  assert.equal((await callPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
  const here = mkdtempSync(into('here-'));
  const args = ['-f', site.config, 'restore', '--apply', '--yes'];
  const { code, stderr } = await runPalhm(args, { cwd: here });
  assert.equal(code, 0, stderr);
  assert.ok(stderr.includes(`, to sh -c 'cat >unpacked' (in ${here})`), stderr);
});

function writeConfig(objects: readonly object[]): void {
  const param = { 'backend-param': { root: site.root } };
  const task = { id: 'backup', type: 'backup', backend: 'localfs', ...param, objects };
  writeFileSync(site.config, JSON.stringify({ tasks: [task] }));
}

function nobody(): readonly string[] {
  const [, , uid = '', , , home = ''] = execFileSync('sh', ['-c', 'getent passwd nobody'], {
    encoding: 'utf8',
  }).split(':');
  return [uid, home];
}
