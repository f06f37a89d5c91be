/** Arguments, variables and a working directory that are not UTF-8: as the kernel has them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PALHM } from '../rig/palhm.js';
import { makeScratch } from '../rig/scratch.js';

/** Runs a script, in which `palhm` is palhm and `$b` a name in Latin-1, in a directory with the config `c`. */
function runScript(script: string) {
  const cwd = makeScratch();
  const pipeline = [{ type: 'exec-inline', argv: ['true'] }];
  const objects = [{ path: 'o', pipeline }];
  const task = { id: 'backup', type: 'backup', backend: 'null', objects };
  writeFileSync(join(cwd, 'c'), JSON.stringify({ tasks: [task] }));
  const start = `palhm() { "${process.execPath}" "${PALHM}" "$@"; }; b=$(printf 'b\\344ck')`;
  const { status, stderr, stdout } = spawnSync('sh', ['-c', `${start}\n${script}`], {
    cwd,
    encoding: 'utf8',
  });
  return { status, stderr: stderr.replaceAll(cwd, ''), stdout };
}

test('an argument that is not UTF-8 is refused in one line', () => {
  const { status, stderr } = runScript('palhm -f c config check "$b"');
  assert.equal(status, 2);
  assert.equal(
    stderr,
    'palhm: the argument "b\uFFFDck" is not UTF-8, and nothing is done with it: rename what it names\n',
  );
});

test('one that has U+FFFD itself is not', () => {
  assert.match(runScript('palhm -f b\uFFFDck config check').stderr, /there is no such file/);
});

test('a file that an include matches is not left out because its name is not UTF-8', () => {
  const { status, stderr } = runScript(
    'mkdir d; echo {} >"d/$b"; echo \'{ "include": ["d/*"] }\' >i; palhm -f i config check',
  );
  assert.equal(status, 78);
  assert.match(
    stderr,
    /^error CONFIG_NOT_FOUND {2}.*:1:15\n.* a name on the way to it is not UTF-8/,
  );
});

test('a working directory that is not UTF-8 is refused in one line', () => {
  const { status, stderr } = runScript('mkdir "$b"; cd "$b"; palhm -f ../c config check');
  assert.equal(status, 2);
  assert.equal(
    stderr,
    'palhm: the name of the working directory, "/b\uFFFDck", is not UTF-8: start palhm in another one\n',
  );
});

test('a variable that is not UTF-8 is named, once, by what starts programs', () => {
  const { status, stderr } = runScript('PLACE="$b" palhm -f c run backup');
  assert.equal(status, 0);
  const warnings = stderr.match(/the variable PLACE is not UTF-8/g);
  assert.equal(warnings?.length, 1);
});
