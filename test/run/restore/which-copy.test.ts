/** Which copy a restore takes, and what it says of one that is damaged. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { callPalhm } from '../../rig/palhm.js';
import {
  assertFailed,
  DUMP,
  flipByte,
  makeRestoreSite,
  NUMBERS,
  type RestoreSite,
} from '../../rig/restore-site.js';

let site: RestoreSite;
beforeEach(() => {
  site = makeRestoreSite();
});
afterEach(() => site.remove());

test('restore of the newest copy warns when a newer one is damaged', async () => {
  const whole = await site.backup({ objects: [DUMP] });
  const damaged = await site.backup({ objects: [DUMP] });
  writeFileSync(join(damaged, '.palhm-manifest.json'), '{');
  const ended = await site.restore('--stdout');
  assert.deepEqual([ended.code, ended.stdout], [0, NUMBERS], ended.stderr);
  const words = `${basename(whole)} is taken for the newest copy, because the newer ${basename(damaged)} cannot be used`;
  assert.ok(ended.stderr.includes(words), ended.stderr);
  const named = await site.restore('--stdout', '--copy', basename(whole));
  assert.doesNotMatch(named.stderr, /cannot be used/);
});

test('restore of a copy that verify has found damaged says so, and restores what is whole', async () => {
  const copy = await site.backup({ objects: [DUMP, { path: 'other', stages: ['seq 1000'] }] });
  flipByte(join(copy, 'other'), 2000);
  assert.equal((await callPalhm(['-f', site.config, 'verify'])).code, 4);
  const ended = await site.restore('--stdout', '--object', DUMP.path);
  assert.deepEqual([ended.code, ended.stdout], [0, NUMBERS], ended.stderr);
  assert.ok(ended.stderr.includes(`has found ${basename(copy)} to be damaged`), ended.stderr);
  assert.match(ended.stderr, /object "other"/);
});

test('a copy that is named and damaged is refused with 4, and its manifest is what is wrong', async () => {
  const damaged = await site.backup({ objects: [DUMP] });
  for (const text of ['{', '{"format": 2}', '']) {
    writeFileSync(join(damaged, '.palhm-manifest.json'), text);
    const copy = ['--copy', basename(damaged)];
    const ended = await site.restore('--stdout', ...copy);
    assertFailed(ended, 4, /MANIFEST_INVALID/, /next: .*"palhm list backup"/);
    assert.ok(
      ended.stderr.includes(`It is ${join(damaged, '.palhm-manifest.json')}.`),
      ended.stderr,
    );
    const show = ['-f', site.config, 'show', 'backup', basename(damaged)];
    assertFailed(await callPalhm(show), 4, /MANIFEST_INVALID/);
  }
});

test('the rest of a copy that was being removed is said to be that, wherever a copy is looked for', async () => {
  const rest = await site.backup({ objects: [DUMP] });
  rmSync(join(rest, '.palhm-manifest.json'));
  writeFileSync(join(rest, '..', `.palhm-removing.${basename(rest)}`), '');
  const said = /is the rest of a copy that was being removed, says \.palhm-removing\./;
  for (const args of [[], ['--copy', basename(rest)], ['--from', rest, '--raw']]) {
    const ended = await site.restore('--stdout', ...args);
    assertFailed(ended, 1, /COPY_NOT_FOUND/, said);
  }
  const listed = await callPalhm(['-f', site.config, 'list', 'backup']);
  assert.match(listed.stderr, said);
});
