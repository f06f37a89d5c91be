/** `palhm restore --print`, and the lines of `palhm show`. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm } from '../../rig/palhm.js';
import {
  DUMP,
  editManifest,
  makeRestoreSite,
  NUMBERS,
  type RestoreSite,
} from '../../rig/restore-site.js';

let site: RestoreSite;
beforeEach(() => {
  site = makeRestoreSite();
});
afterEach(() => site.remove());

const into = (name: string): string => join(site.directory, name);
const textOf = (name: string): string => readFileSync(into(name), 'utf8');

suite('restore --print', () => {
  test('prints lines that a shell runs', async () => {
    await site.backup({ objects: [{ ...DUMP, path: "it's all.sql.gz" }] });
    const { code, stdout, stderr } = await site.restore('--print');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^cd -- \//);
    assert.equal(execFileSync('sh', ['-c', stdout], { encoding: 'utf8', cwd: '/' }), NUMBERS);
  });
  test('with --apply the whole line, with --raw none of it', async () => {
    const inverses = [`cat >${into('log')}`, 'gzip -d'];
    const copy = await site.backup({ objects: [{ ...DUMP, inverses }] });
    const line = (await site.restore('--print', '--apply')).stdout;
    execFileSync('sh', ['-c', line]);
    assert.equal(textOf('log'), NUMBERS);
    const raw = (await site.restoreFrom(copy, '--print', '--raw')).stdout;
    assert.equal(raw, `cd -- ${copy}\n# all.sql.gz\ncat <all.sql.gz\n`);
  });
  test('tells of a command that nobody knows, as palhm show does, and of no other', async () => {
    const copy = await site.backup({ objects: [DUMP] });
    const ways = [
      ['restore', '--print'],
      'show backup'.split(' '),
      'show backup --json'.split(' '),
    ];
    const tell = async () =>
      Promise.all(ways.map(async (way) => (await callPalhm(['-f', site.config, ...way])).stderr));
    for (const stderr of await tell()) assert.doesNotMatch(stderr, /nor what ships/);
    editManifest(copy, ({ objects }) => {
      for (const object of objects) {
        for (const stage of object.stages.slice(1)) stage.inverse = ['sh', '-c', 'touch evil'];
        object['restore'] = "sh -c 'touch evil' <all.sql.gz";
      }
    });
    for (const stderr of await tell())
      assert.match(stderr, /neither the config in use nor what ships[^]*sh -c 'touch evil'/);
  });
  test('does not pass on a line that somebody has put there', async () => {
    const copy = await site.backup({ objects: [DUMP] });
    for (const line of ['rm -rf /\u001b[2K', "aws s3 cp s3://b/k - ; reboot | sh -c 'gzip -d'"]) {
      editManifest(copy, (manifest) => {
        for (const object of manifest.objects) object['restore'] = line;
      });
      const warning = /somebody has changed the manifest/;
      const { stdout, stderr } = await site.restore('--print');
      for (const printed of stdout.trim().split('\n')) assert.match(printed, /^# .*: NOT what /);
      assert.match(stderr, warning);
      const shown = await callPalhm(['-f', site.config, 'show', 'backup']);
      assert.match(shown.stdout, /not to be used:\n {2}# all\.sql\.gz: NOT what [^\n]*\n$/);
      assert.doesNotMatch(shown.stdout, /to restore/);
      assert.match(shown.stderr, warning);
      const json = await callPalhm(['-f', site.config, 'show', 'backup', '--json']);
      assert.equal(JSON.parse(json.stdout).lines[0].line, null);
      assert.match(json.stderr, warning);
      assert.ok(!(stdout + shown.stdout).includes('\u001b'));
    }
  });
});
