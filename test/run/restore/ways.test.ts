/** `palhm restore --stdout`, `--apply`, and what of the command line does not go together. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm, PALHM, watchPalhm } from '../../rig/palhm.js';
import {
  assertFailed,
  DUMP,
  editManifest,
  flipByte,
  makeRestoreSite,
  NUMBERS,
  type RestoreSite,
} from '../../rig/restore-site.js';
import type { TestBackup } from '../../rig/site.js';

let site: RestoreSite;
beforeEach(() => {
  site = makeRestoreSite();
});
afterEach(() => site.remove());

const into = (name: string): string => join(site.directory, name);
const textOf = (name: string): string => readFileSync(into(name), 'utf8');

suite('restore --stdout', () => {
  test('prints one object, decoded or as it is stored', async () => {
    const copy = await site.backup({ objects: [DUMP] });
    const decoded = await site.restore('--stdout');
    assert.deepEqual([decoded.code, decoded.stdout], [0, NUMBERS], decoded.stderr);
    const stored = await site.restore('--stdout', '--raw', '--object', 'all.sql.gz');
    assert.equal(stored.code, 0);
    assert.equal(Buffer.byteLength(stored.stdout) > 0, true);
    assert.ok(statSync(join(copy, 'all.sql.gz')).size > 0);
  });
  test('takes one object, not several', async () => {
    await site.backup({ objects: [DUMP, { path: 'b', stages: ['true'] }] });
    assertFailed(await site.restore('--stdout'), 2, /takes one object, and these are 2/);
  });
  test('tells what can be done when its reader ends early', async () => {
    await site.backup({ objects: [{ ...DUMP, stages: ['seq 1000000', 'gzip -n'] }] });
    const palhm = ['-f', site.config, 'restore', '--stdout'].join(' ');
    const script = `${process.execPath} ${PALHM} ${palhm} | head -n 1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    assert.equal(stdout, '1\n');
    assert.match(stderr, /next: let its reader read to the end .*, or restore it with --to/);
    assert.doesNotMatch(stderr, /"signals"|"ec"/);
  });
  test('says of a damaged one that what was printed must not be used', async () => {
    const copy = await site.backup({ objects: [{ path: 'a', stages: ['seq 1000'] }] });
    flipByte(join(copy, 'a'), 2000);
    const ended = await site.restore('--stdout');
    assertFailed(
      ended,
      4,
      /COPY_DAMAGED/,
      /What was printed is not the object: it must not be used/,
    );
  });
});

suite('restore --apply', () => {
  /** Objects whose source is undone by appending to a log, with what palhm tells it. */
  const logging = (path: string, group: string) => ({
    path,
    group,
    stages: [`echo ${path}`, 'gzip'],
    inverses: [`cat >>${into('log')}`, 'gzip -d'],
  });
  const backup = (more: Partial<TestBackup> = {}): Promise<string> =>
    site.backup({
      groups: [
        { id: 'last', depends: ['middle'] },
        { id: 'first' },
        { id: 'middle', depends: ['first'] },
      ],
      objects: [logging('a', 'last'), logging('b', 'middle'), logging('c', 'first')],
      ...more,
    });

  test('goes the whole way back, in the order of the groups', async () => {
    await backup();
    const { code, stderr } = await site.restore('--apply', '--yes');
    assert.equal(code, 0, stderr);
    assert.equal(textOf('log'), 'c\nb\na\n');
  });
  test('in a copy that does not say how its groups depend, one after the other as they were made', async () => {
    const copy = await backup();
    editManifest(copy, (manifest) => {
      delete manifest['groups'];
    });
    const { code, stderr } = await site.restore('--apply', '--yes');
    assert.equal(code, 0, stderr);
    assert.equal(textOf('log'), 'c\nb\na\n');
  });
  test('needs a yes, or somebody to ask', async () => {
    await backup();
    assertFailed(await site.restore('--apply'), 2, /USAGE/, /Nothing was run/, /add --yes/);
    assert.equal(existsSync(into('log')), false);
  });
  test('not by the environment of another object, when several have one of their own', async () => {
    const dump = (path: string, DB: string): object => ({
      path,
      pipeline: [
        {
          type: 'exec-inline',
          argv: ['printenv', 'DB'],
          env: { DB },
          inverse: { argv: ['sh', '-c', `echo "$DB gets $(cat)" >>${into('log')}`] },
        },
      ],
    });
    const write = (...objects: object[]): void => {
      const param = { backend: 'localfs', 'backend-param': { root: site.root } };
      const tasks = [{ id: 'backup', type: 'backup', ...param, objects }];
      writeFileSync(site.config, JSON.stringify({ 'nb-workers': 1, tasks }));
    };
    write(dump('a', 'one'), dump('b', 'two'));
    assert.equal((await callPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
    const good = await site.restore('--apply', '--yes');
    assert.equal(good.code, 0, good.stderr);
    assert.deepEqual(textOf('log').split('\n').sort(), ['', 'one gets one', 'two gets two']);
    rmSync(into('log'));
    write(dump('a', 'one'), dump('renamed', 'two'));
    assertFailed(
      await site.restore('--apply', '--yes'),
      1,
      /NOT_RESTORABLE/,
      /object "b" is brought back by a command that the config in use has with several/,
      /Nothing was run/,
    );
    assert.equal(existsSync(into('log')), false);
    assert.equal((await site.restore('--apply', '--yes', '--object', 'a')).code, 0);
  });
  test("by the object's own pipeline, where it declares one", async () => {
    const restore = [
      { type: 'exec-inline', argv: ['gzip', '-d'] },
      { type: 'exec-inline', argv: ['tee', into('log')], cwd: site.directory, 'vl-stdout': 5 },
    ];
    const copy = await site.backup({ objects: [{ ...DUMP, restore }] });
    const manifest = JSON.parse(readFileSync(join(copy, '.palhm-manifest.json'), 'utf8')) as {
      objects: [{ apply: unknown }];
    };
    assert.deepEqual(manifest.objects[0].apply, [
      ['gzip', '-d'],
      ['tee', into('log')],
    ]);
    const ended = await site.restore('--apply', '--yes');
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stdout, '', 'what it prints is below its verbosity');
    assert.doesNotMatch(ended.stderr, /neither the config/);
    assert.equal(textOf('log'), NUMBERS);
  });
  test('says of all that has no way back, before anything runs', async () => {
    const other = { path: 'other', stages: ['seq 7'] };
    await site.backup({ objects: [logging('a', 'default'), DUMP, other] });
    for (const way of [
      ['--apply', '--yes'],
      ['--print', '--apply'],
    ]) {
      assertFailed(
        await site.restore(...way),
        1,
        /NOT_RESTORABLE/,
        /"all.sql.gz" cannot .*: stage 1, sh -c 'seq 1000', has no inverse/,
        /"other" cannot .*: stage 1, sh -c 'seq 7', has no inverse/,
        /"restore"/,
      );
      assert.equal(existsSync(into('log')), false);
    }
  });
  test('tells the stages what is restored', async () => {
    const object = { path: 'a', stages: ['echo'], inverses: [`env >${into('env')}`] };
    const copy = await site.backup({ objects: [object] });
    assert.equal((await site.restore('--apply', '--yes')).code, 0);
    const env = textOf('env').split('\n');
    const prefix = basename(copy);
    for (const entry of ['RESTORE_TASK=backup', `RESTORE_PREFIX=${prefix}`, 'RESTORE_OBJECT=a'])
      assert.ok(env.includes(`PALHM_${entry}`), entry);
    assert.ok(env.some((line) => /^PALHM_RESTORE_HOST=./.test(line)));
    assert.ok(env.includes('PALHM_OBJECT=a') && env.includes('PALHM_TASK=backup'));
  });
  test('says what was applied when a later one fails', async () => {
    const bad = { ...logging('a', 'last'), inverses: ['cat >/dev/null; exit 7', 'gzip -d'] };
    await backup({ objects: [bad, logging('b', 'middle'), logging('c', 'first')] });
    const ended = await site.restore('--apply', '--yes');
    assertFailed(
      ended,
      1,
      /Applied before, and not taken back: "c", "b"/,
      /Begun and not ended: "a"/,
    );
  });
});

suite('restore: the command line', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /where to is not said/],
    [['--to', 'x', '--stdout'], /said more than once/],
    [['--to', 'x', '--apply'], /said more than once/],
    [['--stdout', '--extract'], /--extract goes with --to/],
    [['--apply', '--raw'], /--raw leaves the bytes/],
    [['--to', 'x', '--raw', '--extract'], /--raw leaves the bytes/],
    [['--print', '--force'], /--force goes with/],
    [['--to', 'x', '--endpoint', 'y'], /go with --from alone/],
    [['backup', '--from', 'x', '--print'], /TASK and --from/],
    [['--from', 'x', '--copy', 'latest', '--print'], /leave --copy away/],
    [['--from', 's3://bucket', '--print'], /does not name a copy/],
    [['--from', 's3://b/r/x', '--endpoint', 'http://u:p@h', '--print'], /must not have a user/],
    [['--from', 'x', '--region', 'y', '--print'], /are for buckets/],
    [['absent', '--print'], /there is no task "absent"/],
  ];
  for (const [args, words] of wrong) {
    test(`restore ${args.join(' ')}`, async () => {
      site.write({ objects: [DUMP] });
      assertFailed(await callPalhm(['-f', site.config, 'restore', ...args]), 2, words);
    });
  }
  test('a copy that is not there is said', async () => {
    site.write({ objects: [DUMP] });
    assertFailed(await site.restore('--print'), 1, /COPY_NOT_FOUND/);
    assertFailed(await site.restoreFrom(into('absent'), '--print'), 1, /COPY_NOT_FOUND/);
    mkdirSync(into('empty'));
    assertFailed(await site.restoreFrom(into('empty'), '--print'), 1, /is no copy/);
  });
  test('copies of the original PALHM restore their stored bytes, and nothing else', async () => {
    site.write({ objects: [DUMP] });
    const copy = join(site.root, '2022-05-01T06:59:17+00:00');
    mkdirSync(join(copy, 'deep'), { recursive: true });
    execFileSync('sh', ['-c', `seq 1000 | gzip >${copy}/deep/a.gz`]);
    for (const way of [['--to', site.target], ['--stdout'], ['--apply', '--yes']])
      assertFailed(
        await site.restore(...way),
        1,
        /NOT_RESTORABLE/,
        /has no manifest: nothing says how its objects were made/,
        /--raw/,
      );
    assert.equal(site.restored(), undefined);
    assert.equal((await site.restore('--to', site.target, '--raw')).code, 0);
    assert.deepEqual(readdirSync(join(site.target, 'deep')), ['a.gz']);
    assert.equal(
      (await site.restore('--print')).stdout,
      `cd -- ${copy}\n# deep/a.gz\ncat <deep/a.gz\n`,
    );
    execFileSync('ln', ['-s', '/etc/passwd', join(copy, 'link')]);
    assertFailed(
      await site.restore('--to', site.target, '--raw', '--force'),
      4,
      /"link" in the copy/,
    );
  });
});

suite('restore as JSON', () => {
  test('says what begins, what is done, and what failed', async () => {
    const copy = await site.backup({ objects: [DUMP] });
    const args = ['--log-format', 'json', '-f', site.config, 'restore', '--to', site.target];
    const running = watchPalhm(args);
    assert.equal((await running.ended).code, 0);
    const [started] = running.events();
    const finished = await running.event('restore-finished');
    assert.deepEqual(
      [started?.event, started?.['source'], started?.['target'], started?.['objects']],
      ['restore-started', copy, site.target, 1],
    );
    const size = statSync(join(copy, 'all.sql.gz')).size;
    assert.equal(finished?.['size'], size);
    assert.equal(running.events().at(-1)?.event, 'run-finished');
    const again = watchPalhm(args);
    assert.equal((await again.ended).code, 1);
    const [failed, ended, ...others] = again.events();
    assert.match(JSON.stringify(failed), /"event":"failed".*"TARGET_EXISTS"/);
    assert.deepEqual([ended?.event, ended?.['exit_code'], others], ['run-finished', 1, []]);
  });
  test('--from uses the config that is named, and none when there is none', async () => {
    const copy = await site.backup({ objects: [DUMP] });
    const named = ['-f', site.config, 'restore', '--from', copy, '--to', site.target];
    const { code, stderr } = await callPalhm(named);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /neither the config/);
    assertFailed(
      await site.restoreFrom(copy, '--to', site.target, '--force'),
      1,
      /UNTRUSTED_COMMAND/,
    );
    writeFileSync(site.config, '{');
    assertFailed(await callPalhm(named), 78, /CONFIG_SYNTAX/);
  });
});
