/** Results that cannot be printed, or that nobody reads. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { plantOriginal } from '../rig/copies.js';
import { callPalhm } from '../rig/palhm.js';
import { shell } from '../rig/shell.js';
import { listPrefixes, makeSite, SMALL_OBJECTS } from '../rig/site.js';

const site = makeSite();
before(async () => {
  site.write({ objects: SMALL_OBJECTS });
  assert.equal((await callPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
});
after(() => site.remove());

const run = (line: string) => shell(site.config, line);
/** A line in which `gone` runs a command whose reader has ended before it starts. */
const withoutReader = (line: string) =>
  run(`exec 3> >(exec true); wait $!; gone() { "$@" >&3; }; ${line}`);

for (const command of [
  'list',
  'show backup',
  'status --json',
  'verify',
  'config show',
  'config check',
  'run backup --plan',
  'restore --print',
  'mods --json',
  'help',
  '--help',
  '--version',
]) {
  test(`what ${command} cannot print is told, and no success`, async () => {
    const { code, stdout } = await run(`palhm ${command} 2>&1 >/dev/full`);
    assert.equal(code, 1);
    assert.match(stdout, /^palhm: cannot write to stdout: ENOSPC.*$/m);
  });
}

test('a reader that ends early cuts nothing short', async () => {
  const { code, stdout } = await withoutReader('gone palhm config check --connect 2>&1');
  assert.equal(code, 0);
  assert.equal(stdout, 'config ok: 1 file, 1 task\n');
});

test('an object is not restored to a stdout that is closed, unless --force is given', async () => {
  for (const [line, expected] of [
    ['palhm restore --stdout >&-', 2],
    ['palhm restore --stdout --force >&-', 0],
    ['palhm restore --stdout >/dev/null', 0],
    ['palhm restore --stdout >/dev/full', 1],
  ] as const)
    assert.equal((await run(line)).code, expected, line);
});

test('a result that cannot be printed hides no damage', async () => {
  const [prefix = ''] = await listPrefixes(site.config);
  writeFileSync(join(site.root, prefix, 'o'), 'TEXT\n');
  for (const line of ['palhm verify >/dev/full', 'palhm status >/dev/full', 'gone palhm verify'])
    assert.equal((await withoutReader(line)).code, 4, line);
});

test('a reader that has seen enough of a long list ends it without a word', async () => {
  for (let index = 0; index < 2000; index++) {
    const time = new Date(Date.UTC(2022, 4, 1) + index * 1000).toISOString().slice(0, 19);
    plantOriginal(site.root, `${time}+00:00`);
  }
  const { code, stdout } = await run('palhm list 2>&1 | head -1; exit ${PIPESTATUS[0]}');
  assert.equal(code, 0);
  assert.match(stdout, /^copy .*\n$/);
});
