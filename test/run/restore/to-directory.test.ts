/** `palhm restore --to`: all objects under their final names, or none. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import {
  assertFailed,
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

const GZIPPED = {
  path: 'db/all.sql.gz',
  stages: ['echo dump', 'gzip -n'],
  inverses: [null, 'gzip -d'],
};
const PLAIN = { path: 'notes', stages: ['echo notes'] };

suite('restore --to', () => {
  test('decodes every object and gives it the name without its endings', async () => {
    await site.backup({ objects: [GZIPPED, PLAIN] });
    const { code, stderr } = await site.restore('backup', '--to', site.target);
    assert.equal(code, 0, stderr);
    assert.deepEqual(site.restored(), { 'db/all.sql': 'dump\n', notes: 'notes\n' });
    assert.deepEqual(readdirSync(site.target).sort(), ['db', 'notes']);
  });
  test('makes files as cp does, by the umask', async () => {
    await site.backup({ objects: [PLAIN] });
    const before = process.umask(0o027);
    try {
      assert.equal((await site.restore('--to', site.target)).code, 0);
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(join(site.target, 'notes')).mode & 0o777, 0o640);
  });
  test('has all that the last stage writes, in that order, also when it opens its stdout again', async () => {
    const undo =
      'seq 1000; cat >/dev/stdout; echo 1 >>/proc/self/fd/1; echo 2 | dd of=/dev/stdout status=none; echo 3';
    const object = { path: 'o.x', stages: ['echo body', 'cat'], inverses: [null, undo] };
    await site.backup({ objects: [object] });
    assert.equal((await site.restore('--to', site.target)).code, 0);
    assert.deepEqual(site.restored(), { 'o.x': `${NUMBERS}body\n1\n2\n3\n` });
  });
  test('takes the stored bytes with --raw', async () => {
    const copy = await site.backup({ objects: [GZIPPED] });
    assert.equal((await site.restore('--to', site.target, '--raw')).code, 0);
    const stored = readFileSync(join(copy, 'db/all.sql.gz'));
    assert.deepEqual(readFileSync(join(site.target, 'db/all.sql.gz')), stored);
  });
  test('takes only the objects that are named, by themselves or by their directory', async () => {
    const other = { path: 'db/other', stages: ['echo other'] };
    await site.backup({ objects: [GZIPPED, PLAIN, other] });
    const { code } = await site.restore('backup', '--to', site.target, '--object', 'db/');
    assert.equal(code, 0);
    assert.deepEqual(Object.keys(site.restored() ?? {}), ['db/all.sql', 'db/other']);
    const ended = await site.restore('backup', '--to', site.target, '--object', 'd', 'notes');
    assertFailed(ended, 2, /no object "d"/, /its objects are: db\/all\.sql\.gz/);
  });
  test('takes the newest copy, or the one that is named', async () => {
    const first = await site.backup({ objects: [PLAIN] });
    await site.backup({ objects: [{ ...PLAIN, stages: ['echo newer'] }] });
    assert.equal((await site.restore('--to', site.target)).code, 0);
    assert.deepEqual(site.restored(), { notes: 'newer\n' });
    const prefix = first.split('/').at(-1) ?? '';
    assert.equal((await site.restore('--to', site.target, '--force', '--copy', prefix)).code, 0);
    assert.deepEqual(site.restored(), { notes: 'notes\n' });
  });
  test('needs no config with --from, wherever the copy was moved to', async () => {
    const copy = await site.backup({ objects: [GZIPPED] });
    const moved = join(site.directory, 'moved copy');
    execFileSync('cp', ['-a', copy, moved]);
    const { code, stderr } = await site.restoreFrom(moved, '--to', site.target, '--yes');
    assert.equal(code, 0, stderr);
    assert.deepEqual(site.restored(), { 'db/all.sql': 'dump\n' });
  });
});

suite('restore --to overwrites nothing', () => {
  const inTheWay: readonly (readonly [string, (path: string) => void])[] = [
    ['a file', (path) => writeFileSync(path, 'mine')],
    ['a directory', (path) => mkdirSync(path)],
    ['a symbolic link to nothing', (path) => symlinkSync('/nonexistent', path)],
  ];
  for (const [what, make] of inTheWay) {
    test(`${what} under a final name is found before anything runs`, async () => {
      const ran = join(site.directory, 'ran');
      const inverses = [null, `touch ${ran}; gzip -d`];
      await site.backup({ objects: [{ ...GZIPPED, inverses }, PLAIN] });
      mkdirSync(site.target);
      make(join(site.target, 'notes'));
      const before = lstatSync(join(site.target, 'notes')).ino;
      assertFailed(
        await site.restore('--to', site.target),
        1,
        /TARGET_EXISTS/,
        /target\/notes is there already/,
      );
      assert.equal(existsSync(ran), false);
      assert.deepEqual(readdirSync(site.target), ['notes']);
      assert.equal(lstatSync(join(site.target, 'notes')).ino, before);
    });
  }
  test('what appears while it runs is not overwritten either, and all is taken back', async () => {
    const inverses = [null, `echo theirs >${join(site.target, 'notes')}; gzip -d`];
    await site.backup({ objects: [{ ...GZIPPED, path: 'a/b.gz', inverses }, PLAIN] });
    assertFailed(await site.restore('--to', site.target), 1, /TARGET_EXISTS/, /rolled back/);
    assert.deepEqual(site.restored(), { notes: 'theirs\n' });
    assert.deepEqual(readdirSync(site.target), ['notes']);
  });
  test('--force replaces files and links, and no directory', async () => {
    await site.backup({ objects: [GZIPPED, PLAIN] });
    mkdirSync(join(site.target, 'db'), { recursive: true });
    const precious = join(site.directory, 'precious');
    writeFileSync(precious, 'precious');
    symlinkSync(precious, join(site.target, 'notes'));
    writeFileSync(join(site.target, 'db/all.sql'), 'old');
    assert.equal((await site.restore('--to', site.target, '--force')).code, 0);
    assert.deepEqual(site.restored(), { 'db/all.sql': 'dump\n', notes: 'notes\n' });
    assert.equal(readFileSync(precious, 'utf8'), 'precious');
    await site.backup({ objects: [{ ...PLAIN, path: 'db' }] });
    const ended = await site.restore('--to', site.target, '--force');
    assertFailed(ended, 1, /target\/db is a directory/);
    assert.deepEqual(site.restored(), { 'db/all.sql': 'dump\n', notes: 'notes\n' });
  });
  test('a failure with --force leaves the old files where they were', async () => {
    const inverses = [
      null,
      `rm ${join(site.target, 'z')}; mkdir ${join(site.target, 'z')}; gzip -d`,
    ];
    await site.backup({
      objects: [
        { ...GZIPPED, inverses },
        { ...PLAIN, path: 'z' },
      ],
    });
    mkdirSync(join(site.target, 'db'), { recursive: true });
    writeFileSync(join(site.target, 'db/all.sql'), 'old');
    writeFileSync(join(site.target, 'z'), 'old');
    assertFailed(await site.restore('--to', site.target, '--force'), 1, /target\/z is a directory/);
    assert.deepEqual(site.restored(), { 'db/all.sql': 'old' });
    assert.deepEqual(readdirSync(site.target).sort(), ['db', 'z']);
  });
});

suite('restore --to stays in its directory', () => {
  test('a symbolic link on the way is not followed', async () => {
    await site.backup({ objects: [GZIPPED] });
    const outside = join(site.directory, 'outside');
    mkdirSync(outside);
    mkdirSync(site.target);
    symlinkSync(outside, join(site.target, 'db'));
    for (const options of [[], ['--force']]) {
      const ended = await site.restore('--to', site.target, ...options);
      assertFailed(ended, 1, /TARGET_UNUSABLE/, /target\/db is a symbolic link/);
    }
    assert.deepEqual(readdirSync(outside), []);
  });
  test('nor one that appears while it runs', async () => {
    const outside = join(site.directory, 'outside');
    mkdirSync(outside);
    const inverses = [null, `ln -s ${outside} ${join(site.target, 'db')}; gzip -d`];
    await site.backup({ objects: [{ ...GZIPPED, inverses }] });
    assertFailed(await site.restore('--to', site.target), 1, /TARGET_UNUSABLE/);
    assert.deepEqual(readdirSync(outside), []);
  });
  test('the directory itself may be a link: that is for whoever names it', async () => {
    await site.backup({ objects: [PLAIN] });
    const real = join(site.directory, 'real');
    mkdirSync(real);
    symlinkSync(real, site.target);
    assert.equal((await site.restore('--to', site.target)).code, 0);
    assert.deepEqual(readdirSync(real), ['notes']);
  });
  test('a file on the way is said', async () => {
    await site.backup({ objects: [GZIPPED] });
    mkdirSync(site.target);
    writeFileSync(join(site.target, 'db'), '');
    assertFailed(await site.restore('--to', site.target), 1, /target\/db is not a directory/);
  });
  test('never into the copy itself', async () => {
    const copy = await site.backup({ objects: [PLAIN] });
    assertFailed(await site.restore('--to', join(copy, 'x')), 1, /inside the copy/);
    assert.deepEqual(readdirSync(copy).sort(), ['.palhm-manifest.json', 'notes']);
  });
});

suite('restore --to, when something fails', () => {
  test('a damaged object fails it with 4, and nothing is left', async () => {
    const objects = [GZIPPED, PLAIN, { path: 'z', stages: ['seq 10000'] }];
    const copy = await site.backup({ objects });
    for (const { path } of objects) {
      const file = join(copy, path);
      flipByte(file, Math.floor(statSync(file).size / 2));
      const ended = await site.restore('--to', site.target);
      assertFailed(ended, 4, /COPY_DAMAGED/, new RegExp(`object "${path}" has the SHA-256`));
      assert.equal(site.restored(), undefined);
      flipByte(file, Math.floor(statSync(file).size / 2));
    }
    assert.equal((await site.restore('--to', site.target)).code, 0);
  });
  test('a byte too many or too few as well', async () => {
    const copy = await site.backup({ objects: [PLAIN] });
    chmodSync(join(copy, 'notes'), 0o600);
    for (const text of ['notes', 'notes\n\n']) {
      writeFileSync(join(copy, 'notes'), text);
      assertFailed(await site.restore('--to', site.target), 4, /the manifest says 6/);
    }
    assert.equal(site.restored(), undefined);
  });
  test('a stage that fails stops the others', async () => {
    const slow = { path: 's.gz', stages: ['echo slow', 'gzip'], inverses: [null, 'sleep 600'] };
    const bad = {
      path: 'b.gz',
      stages: ['echo b', 'gzip'],
      inverses: [null, 'echo no >&2; exit 3'],
    };
    await site.backup({ objects: [slow, bad, PLAIN] });
    const ended = await site.restore('--to', site.target);
    assertFailed(ended, 1, /STAGE_FAILED/, /exited with status 3/, /\| no/, /nothing was put/);
    assert.equal(site.restored(), undefined);
  });
  test('objects that decode to one name are an error before anything runs', async () => {
    const twin = { ...GZIPPED, path: 'db/all.sql.zst' };
    await site.backup({ objects: [GZIPPED, twin] });
    const ended = await site.restore('--to', site.target);
    assertFailed(ended, 1, /NOT_RESTORABLE/, /"db\/all\.sql\.gz" becomes "db\/all\.sql"/);
    assert.equal(site.restored(), undefined);
    await site.backup({ objects: [GZIPPED, { ...PLAIN, path: 'db/all.sql/x' }] });
    assertFailed(await site.restore('--to', site.target), 1, /NOT_RESTORABLE/);
  });
});
