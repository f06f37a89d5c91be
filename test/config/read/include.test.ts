import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { loadPlan } from '../../../src/config/load.js';
import { showConfig } from '../../../src/config/origins.js';
import { ConfigErrors } from '../../../src/config/read/diagnostics.js';
import { expandGlob } from '../../../src/config/read/glob.js';
import { makeScratch } from '../scratch.js';

const INCLUDE = resolve('test/fixtures/config/valid/include');
const MAIN = join(INCLUDE, 'palhm.jsonc');

async function makeTree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await makeScratch();
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text);
  }
  return root;
}

test('files are read once each, in the order they are included', async () => {
  const { files } = await loadPlan(MAIN);
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
  const plan = await loadPlan(MAIN);
  assert.equal(plan.verbosity, 4);
  assert.equal(plan.workers, 20);
});

test('a path is relative to the directory of the file it is written in', async () => {
  const task = (await loadPlan(MAIN)).tasks.get('default');
  assert.equal(task?.type, 'routine');
  const [step] = task.steps;
  assert.equal(step?.type, 'exec');
  assert.equal(step.exec.cwd, join(INCLUDE, 'shared/data'));
});

test('show prints the merged config with where each part is from', async () => {
  const from = 'test/fixtures/config/valid/include';
  assert.equal(
    await showConfig(MAIN),
    `{
  "execs": [
    // from ${from}/shared/both.jsonc:1
    { "id": "from-both", "argv": ["both"], "cwd": "data" },
    // from ${from}/conf.d/10-b.jsonc:1
    { "id": "from-10", "argv": ["ten"] }
  ],
  // from ${from}/palhm.jsonc:5
  "vl": 4,
  // from ${from}/conf.d/20-a.jsonc:1
  "nb-workers": 20,
  // from ${from}/palhm.jsonc:9
  "boot-report": { "mua": "mailx", "mail-to": ["root", "admin"], "uptime": true, "subject": "twenty" },
  // from ${from}/palhm.jsonc:4
  "modules": ["aws"],
  "tasks": [
    // from ${from}/palhm.jsonc:7
    { "id": "default", "type": "routine", "routine": [{ "type": "exec", "exec-id": "from-both" }] }
  ]
}
`,
  );
});

test('what show prints is a config that means the same', async () => {
  const all = resolve('test/fixtures/config/valid/all/palhm.jsonc');
  const root = await makeTree({ 'palhm.jsonc': await showConfig(all) });
  const [before, after] = await Promise.all([loadPlan(all), loadPlan(join(root, 'palhm.jsonc'))]);
  const ids = (plan: typeof before) => [...plan.tasks.keys()];
  assert.deepEqual([after.workers, ids(after)], [before.workers, ids(before)]);
});

test('show never resolves a reference', async () => {
  const root = await makeTree({
    secret: 'hunter2',
    'palhm.jsonc': '{"execs": [{"id": "a", "argv": ["a"], "env": {"P": {"file": "secret"}}}]}',
  });
  const shown = await showConfig(join(root, 'palhm.jsonc'));
  assert.ok(!shown.includes('hunter2'));
  assert.ok(shown.includes('{ "file": "secret" }'));
});

test('show prints a config that is right but cannot be carried out', async () => {
  assert.match(
    await showConfig(resolve('test/fixtures/config/valid/readme/aws-s3.jsonc')),
    /"backend": "aws-s3"/,
  );
});

test('one file under two names is one file', async () => {
  const root = await makeTree({
    'palhm.jsonc': '{"include": ["a.jsonc", "b.jsonc"]}',
    'a.jsonc': '{"execs": [{"id": "a", "argv": ["a"]}]}',
  });
  await symlink('a.jsonc', join(root, 'b.jsonc'));
  assert.equal((await loadPlan(join(root, 'palhm.jsonc'))).files.length, 2);
});

test('a diamond is no circle', async () => {
  const root = await makeTree({
    'palhm.jsonc': '{"include": ["a.jsonc", "b.jsonc"]}',
    'a.jsonc': '{"include": ["c.jsonc"]}',
    'b.jsonc': '{"include": ["c.jsonc"], "vl": 2}',
    'c.jsonc': '{"vl": 5, "execs": [{"id": "c", "argv": ["c"]}]}',
  });
  const plan = await loadPlan(join(root, 'palhm.jsonc'));
  assert.deepEqual([plan.files.length, plan.verbosity], [4, 2]);
});

test('a circle through a symlink is found', async () => {
  const root = await makeTree({ 'palhm.jsonc': '{"include": ["again.jsonc"]}' });
  await symlink('palhm.jsonc', join(root, 'again.jsonc'));
  await assert.rejects(loadPlan(join(root, 'palhm.jsonc')), { code: 'CONFIG_INCLUDE_CYCLE' });
});

test('a directory is not a config file', async () => {
  const root = await makeTree({ 'palhm.jsonc': '{"include": ["d"]}', 'd/x': '' });
  await assert.rejects(loadPlan(join(root, 'palhm.jsonc')), (error) => {
    assert.ok(error instanceof ConfigErrors);
    assert.match(error.message, /"d" cannot be read: illegal operation on a directory/);
    return true;
  });
});

const GLOBS: readonly [pattern: string, matches: readonly string[]][] = [
  ['*.jsonc', ['A.jsonc', 'a.jsonc', 'b1.jsonc', 'b2.jsonc']],
  ['b?.jsonc', ['b1.jsonc', 'b2.jsonc']],
  ['b[13-9].jsonc', ['b1.jsonc']],
  ['b[!1].jsonc', ['b2.jsonc']],
  ['.*', ['.hidden.jsonc']],
  ['*/x.jsonc', ['d/x.jsonc', 'e/x.jsonc']],
  ['(a|b).json*', []],
  ['nowhere/*.jsonc', []],
  ['a.jsonc/*', []],
  ['[z-a]*', []],
  ['[.jsonc', []],
  ['./d/../e/*', ['e/x.jsonc']],
];

for (const [pattern, matches] of GLOBS) {
  test(`glob ${pattern}`, async () => {
    const names = ['a.jsonc', 'A.jsonc', 'b2.jsonc', 'b1.jsonc', '.hidden.jsonc', 'c.txt'];
    const files = [...names, 'd/x.jsonc', 'e/x.jsonc'];
    const root = await makeTree(Object.fromEntries(files.map((name) => [name, '{}'])));
    const found = expandGlob(pattern, root);
    assert.deepEqual(
      found.map((path) => relative(root, path)),
      matches,
    );
  });
}
