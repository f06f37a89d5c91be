/** The commands of README.md, in a folder of its own. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeScratch } from '../rig/scratch.js';
import { outputOf, runProgram, TOP } from './core.js';

const directory = makeScratch();

test('the quickstart makes a copy, below the clone, and keeps three', () => {
  for (const folder of ['conf.d', 'samples']) {
    cpSync(join(TOP, folder), join(directory, folder), { recursive: true });
  }
  const argv = [process.execPath, join(TOP, 'bin/palhm.js'), '-f', 'samples/quickstart.jsonc'];
  for (let run = 0; run < 4; run += 1) {
    const { status, stderr } = runProgram({ argv: [...argv, 'run', 'backup'] }, { cwd: directory });
    assert.equal(status, 0, stderr);
  }
  const root = join(directory, 'backup');
  const copies = readdirSync(root).filter((name) => !name.startsWith('.'));
  assert.equal(copies.length, 3);
  const copy = join(root, copies.toSorted().at(-1) ?? '');
  assert.equal(
    readFileSync(join(copy, 'os-release'), 'utf8'),
    readFileSync('/etc/os-release', 'utf8'),
  );
  const unpack = { argv: ['tar', '-xzOf', join(copy, 'etc.tar.gz'), 'etc/passwd'] };
  assert.equal(outputOf(unpack).toString(), readFileSync('/etc/passwd', 'utf8'));
});

test('each command of "Use it" does it with the config of "Try it", too', () => {
  const [, section = ''] = readFileSync(join(TOP, 'README.md'), 'utf8').split(
    /^## (?:Use it|What it promises)\n/m,
  );
  const commands = section.match(/^palhm (?!drill|restore backup --apply).*/gm) ?? [];
  assert.equal(commands.length, 11);
  const palhm = `palhm() { '${process.execPath}' '${join(TOP, 'bin/palhm.js')}' -f samples/quickstart.jsonc "$@"; }`;
  for (const command of commands) {
    const argv = ['bash', '-c', `${palhm}; ${command}`];
    const { status, stderr } = runProgram({ argv }, { cwd: directory });
    assert.equal(status, 0, `${command}: ${stderr}`);
  }
});
