import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { symlink, truncate } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ConfigErrors } from '../../../src/config/read/diagnostics.js';
import { loadFile } from '../../rig/load.js';
import { makeTree } from '../../rig/scratch.js';

const INCLUDE = resolve('test/fixtures/config/valid/include');
const MAIN = join(INCLUDE, 'palhm.jsonc');

test('files are read once each, in the order they are included', async () => {
  const { files } = await loadFile(MAIN);
  assert.deepEqual(
    files.map((file) => relative(INCLUDE, file)),
    [
      'palhm.jsonc',
      'shared/first.jsonc',
      'shared/both.jsonc',
      'conf.d/10-b.jsonc',
      'conf.d/20-a.jsonc',
    ],
  );
});

test('the including file wins, then a later include', async () => {
  const plan = await loadFile(MAIN);
  assert.equal(plan.verbosity, 4);
  assert.equal(plan.workers, 20);
});

test('a path is relative to the directory of the file it is written in', async () => {
  const task = (await loadFile(MAIN)).tasks.get('default');
  assert.equal(task?.type, 'routine');
  const [step] = task.steps;
  assert.equal(step?.type, 'exec');
  assert.equal(step.exec.cwd, join(INCLUDE, 'shared/data'));
});

test('one file under two names is one file', async () => {
  const root = makeTree({
    'palhm.jsonc': '{"include": ["a.jsonc", "b.jsonc"]}',
    'a.jsonc': '{"execs": [{"id": "a", "argv": ["a"]}]}',
  });
  await symlink('a.jsonc', join(root, 'b.jsonc'));
  assert.equal((await loadFile(join(root, 'palhm.jsonc'))).files.length, 2);
});

test('a diamond is no circle', async () => {
  const root = makeTree({
    'palhm.jsonc': '{"include": ["a.jsonc", "b.jsonc"]}',
    'a.jsonc': '{"include": ["c.jsonc"]}',
    'b.jsonc': '{"include": ["c.jsonc"], "vl": 2}',
    'c.jsonc': '{"vl": 5, "execs": [{"id": "c", "argv": ["c"]}]}',
  });
  const plan = await loadFile(join(root, 'palhm.jsonc'));
  assert.deepEqual([plan.files.length, plan.verbosity], [4, 2]);
});

test('a circle through a symlink is found', async () => {
  const root = makeTree({ 'palhm.jsonc': '{"include": ["again.jsonc"]}' });
  await symlink('palhm.jsonc', join(root, 'again.jsonc'));
  await assert.rejects(loadFile(join(root, 'palhm.jsonc')), { code: 'CONFIG_INCLUDE_CYCLE' });
});

test('a directory is not a config file', async () => {
  const root = makeTree({ 'palhm.jsonc': '{"include": ["d"]}', 'd/x': '' });
  await assert.rejects(loadFile(join(root, 'palhm.jsonc')), (error) => {
    assert.ok(error instanceof ConfigErrors);
    assert.match(error.message, /"d" cannot be read: illegal operation on a directory/);
    return true;
  });
});

test('a file that is too large, or has no end, is no config file', async () => {
  const root = makeTree({ 'palhm.jsonc': '{"include": ["a.jsonc", "/dev/zero"]}', 'a.jsonc': '' });
  await truncate(join(root, 'a.jsonc'), 17 * 1024 ** 2);
  await assert.rejects(loadFile(join(root, 'palhm.jsonc')), {
    code: 'CONFIG_NOT_FOUND',
    message: /it is larger than 16\.0 MiB/,
  });
});

test('a FIFO is read as a config, once, when somebody has written it', {
  timeout: 20_000,
}, async () => {
  const root = makeTree({ 'palhm.jsonc': '{"include": ["fifo", "fifo"]}' });
  const fifo = join(root, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const loading = loadFile(join(root, 'palhm.jsonc'));
  const text = '{"nb-workers": 7}';
  await promisify(execFile)('sh', ['-c', 'printf %s "$2" > "$1"', 'sh', fifo, text]);
  assert.equal((await loading).workers, 7);
});
