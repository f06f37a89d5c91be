/** What `palhm config check` says of secret files. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callPalhm } from '../rig/palhm.js';
import { makeScratch } from '../rig/scratch.js';

test('a check warns of secrets that are not as they should be, opens none, and ends well', async () => {
  const directory = makeScratch();
  const file = (name: string, mode: number, text = 'hunter22') => {
    const path = join(directory, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return { file: path };
  };
  mkdirSync(join(directory, 'credentials'));
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  const env = {
    GOOD: file('good', 0o640),
    OPEN: file('open', 0o644),
    EMPTY: file('empty', 0o600, ''),
    ABSENT: { concat: ['x', { file: 'absent' }] },
    KEY: { credential: 'key' },
    FIFO: { file: 'fifo' },
    UNSET: { env: 'PALHM_UNSET' },
    BLANK: { env: 'PALHM_BLANK' },
    MAY_BE_BLANK: { env: 'PALHM_BLANK', secret: false },
  };
  const config = join(directory, 'palhm.jsonc');
  const pipeline = [{ type: 'exec-inline', argv: ['true'], env }];
  const task = {
    id: 'backup',
    type: 'backup',
    backend: 'null',
    objects: [{ path: 'o', pipeline }],
  };
  writeFileSync(config, JSON.stringify({ tasks: [task] }));
  const check = async (...options: string[]) => {
    const directoryOfUnit = { CREDENTIALS_DIRECTORY: join(directory, 'credentials') };
    const { code, stderr } = await callPalhm([...options, '-f', config, 'config', 'check'], {
      env: { ...process.env, ...directoryOfUnit, PALHM_BLANK: '' },
    });
    assert.equal(code, 0, stderr);
    return stderr.replaceAll(directory, '').split('\n').slice(0, -1);
  };
  assert.deepEqual(await check(), [
    'warning: ${file:/open} can be read by everybody on this host: chmod o-rwx /open',
    'warning: ${file:/empty} is empty',
    'warning: ${file:/absent} is not there yet',
    'warning: ${credential:key} is not there yet',
    'warning: ${file:/fifo} is a FIFO: a run waits until somebody has written into it',
    'warning: ${env:PALHM_UNSET} is not set here',
    'warning: ${env:PALHM_BLANK} is empty here',
    'config ok: 1 file, 1 task',
  ]);
  assert.deepEqual(await check('-q'), []);
});

test('a check opens neither a secret nor a credential', async (context) => {
  const directory = makeScratch();
  const paths = ['file', 'credential'].map((name) => join(directory, name));
  for (const path of paths) {
    writeFileSync(path, 'hunter22', { mode: 0o600 });
    utimesSync(path, 0, 0);
  }
  const env = { A: { file: 'file' }, B: { credential: 'credential' } };
  const pipeline = [{ type: 'exec-inline', argv: ['true'], env }];
  const task = { id: 't', type: 'backup', backend: 'null', objects: [{ path: 'o', pipeline }] };
  const config = join(directory, 'palhm.jsonc');
  writeFileSync(config, JSON.stringify({ tasks: [task] }));
  const { code, stderr } = await callPalhm(['-f', config, 'config', 'check'], {
    env: { ...process.env, CREDENTIALS_DIRECTORY: directory },
  });
  assert.deepEqual([code, stderr], [0, 'config ok: 1 file, 1 task\n']);
  const readAt = () => paths.map((path) => statSync(path).atimeMs);
  assert.deepEqual(readAt(), [0, 0]);
  for (const path of paths) readFileSync(path);
  if (readAt().includes(0)) context.skip('no times of access are kept here');
});

test('of a device it says that it holds no secret, and advises no mode', async () => {
  const argv = ['true', { file: '/dev/null' }];
  const pipeline = [{ type: 'exec-inline', argv }];
  const task = { id: 't', type: 'backup', backend: 'null', objects: [{ path: 'o', pipeline }] };
  const config = join(makeScratch(), 'palhm.jsonc');
  writeFileSync(config, JSON.stringify({ tasks: [task] }));
  const { stderr } = await callPalhm(['-f', config, 'config', 'check']);
  assert.match(stderr, /^warning: \$\{file:\/dev\/null\} is a device, which holds no secret$/m);
  assert.doesNotMatch(stderr, /chmod/);
});
