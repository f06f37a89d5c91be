/** Commands that a manifest names: which run, which need a yes, and which cannot run. Its lies about paths. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { PALHM } from '../../rig/palhm.js';
import {
  assertFailed,
  type EditedObject,
  editManifest,
  makeRestoreSite,
  type RestoreSite,
} from '../../rig/restore-site.js';

const OBJECT = { path: 'a.gz', stages: ['echo text', 'gzip -n'], inverses: [null, 'gzip -d'] };
let site: RestoreSite;
let copy: string;
let untouched: string;
before(async () => {
  site = makeRestoreSite();
  copy = await site.backup({ objects: [OBJECT] });
  untouched = into('untouched');
  cpSync(copy, untouched, { recursive: true });
});
beforeEach(() => {
  for (const changed of [copy, site.target, into('evil')]) rmSync(changed, DEEPLY);
  cpSync(untouched, copy, { recursive: true });
});
after(() => site.remove());

const DEEPLY = { recursive: true, force: true };
const into = (name: string): string => join(site.directory, name);

function changeObject(edit: (object: EditedObject) => void): void {
  editManifest(copy, ({ objects }) => {
    for (const object of objects) edit(object);
  });
}

function setInverse(...argv: string[]): void {
  changeObject(({ stages }) => {
    const [, filter] = stages;
    if (filter !== undefined) filter.inverse = argv;
  });
}

suite('a command of a manifest', () => {
  test('runs when the config in use has it word for word', async () => {
    const { code, stderr } = await site.restore('--to', site.target);
    assert.equal(code, 0, stderr);
  });
  test('runs when it ships with palhm', async () => {
    setInverse('gzip', '-dc');
    const { code, stderr } = await site.restoreFrom(copy, '--to', site.target);
    assert.equal(code, 0, stderr);
    assert.deepEqual(site.restored(), { a: 'text\n' });
  });
  test('needs a yes when nobody knows it, and is shown word for word', async () => {
    // Also what looks like an address with a user, of which a plan shows only a part.
    const evil = `x=://;touch\${IFS}${into('evil')};x=@; gzip -d`;
    setInverse('sh', '-c', evil);
    const ended = await site.restore('--to', site.target);
    assertFailed(ended, 1, /UNTRUSTED_COMMAND/, /Nothing was run/, /--yes/);
    assert.ok(ended.stderr.includes(`| sh -c '${evil}'`), ended.stderr);
    assert.deepEqual([existsSync(into('evil')), site.restored()], [false, undefined]);
    const yes = await site.restore('--to', site.target, '--yes');
    assert.equal(yes.code, 0, yes.stderr);
    assert.match(yes.stderr, /warning: The manifest names commands that neither/);
    assert.ok(existsSync(into('evil')));
  });
  test('is not run by a shell', async () => {
    setInverse('gzip', '-d', ';', 'touch', into('evil'));
    const { code } = await site.restore('--to', site.target, '--yes');
    assert.deepEqual([code, existsSync(into('evil')), site.restored()], [1, false, undefined]);
  });
  test('is not known as a filter because it undoes a source', async () => {
    // What ships: mysqldump is undone by mysql. Fed with an object of somebody's own, it would run what that says.
    setInverse('mysql', '--max-allowed-packet=1G');
    const ended = await site.restoreFrom(copy, '--to', site.target);
    assertFailed(ended, 1, /UNTRUSTED_COMMAND/, /mysql --max-allowed-packet=1G/);
  });
  test('of its apply pipeline is judged in the same way', async () => {
    changeObject((object) => {
      object.apply = [
        ['gzip', '-dc'],
        ['sh', '-c', `touch ${into('evil')}`],
      ];
    });
    const ended = await site.restore('--apply');
    assertFailed(ended, 2, /nobody to ask/, /neither the config/, /\| sh -c 'touch/);
    assert.ok(!existsSync(into('evil')));
  });
  test('with a reference that only a config can resolve does not run', async () => {
    setInverse('gpg', '--passphrase', '${credential:key}', '-d');
    const ended = await site.restore('--to', site.target, '--yes');
    assertFailed(ended, 1, /REFERENCE_UNRESOLVED/, /\$\{credential:key\}/, /-f/);
    assert.equal(site.restored(), undefined);
  });
  test('that is not installed is named before anything runs, with all others', async () => {
    editManifest(copy, (manifest) => {
      const [first] = manifest.objects;
      assert.ok(first);
      const second = structuredClone(first);
      second.path = 'b.gz';
      manifest.objects.push(second);
      for (const [index, { stages }] of manifest.objects.entries())
        stages[1] = { ...first.stages[1], argv: ['x'], inverse: [`absent-${index}`] };
    });
    const ended = await site.restore('--to', site.target, '--yes');
    assertFailed(ended, 1, /STAGE_NOT_STARTED/, /2 programs/, /"absent-0"/, /"absent-1"/);
    assert.equal(site.restored(), undefined);
  });
});

suite('on a terminal', () => {
  /** util-linux's script(1) gives a program a terminal of its own. The answer is typed when the question is there. */
  async function onTerminal(
    answer: string,
    ...args: readonly string[]
  ): Promise<{ code: unknown; shown: string }> {
    const words = [process.execPath, PALHM, '-f', site.config, 'restore', ...args];
    const line = words.map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qefc', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    let asked = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (asked || !shown.includes('[y/N]')) return;
      asked = true;
      child.stdin.write(answer);
    });
    const [code] = await once(child, 'close');
    return { code, shown };
  }
  test('a command that nobody knows is shown, and runs after a yes', async () => {
    setInverse('sh', '-c', 'gzip -d #\u001b[31m');
    const no = await onTerminal('n\n', '--to', site.target);
    assert.equal(no.code, 1, no.shown);
    assert.match(no.shown, /NOT_CONFIRMED/);
    assert.ok(no.shown.includes(String.raw`sh -c 'gzip -d #\x1b[31m'`), no.shown);
    assert.equal(site.restored(), undefined);
    const nothing = await onTerminal('\n', '--to', site.target);
    assert.equal(nothing.code, 1, nothing.shown);
    const yes = await onTerminal('y\n', '--to', site.target);
    assert.equal(yes.code, 0, yes.shown);
    assert.deepEqual(site.restored(), { a: 'text\n' });
  });
  test('an end of the input is no yes', async () => {
    setInverse('sh', '-c', 'gzip -d; true');
    const end = await onTerminal('\u0004', '--to', site.target);
    assert.equal(end.code, 1, end.shown);
    assert.match(end.shown, /NOT_CONFIRMED/);
  });
  test('Ctrl-C at the question ends it with 130', async () => {
    setInverse('sh', '-c', 'gzip -d; true');
    const interrupted = await onTerminal('\u0003', '--to', site.target);
    assert.equal(interrupted.code, 130, interrupted.shown);
    assert.equal(site.restored(), undefined);
  });
  test('--apply says what will run, and asks', async (context) => {
    const inverses = [`cat >${into('log')}`, 'gzip -d'];
    const newer = await site.backup({ objects: [{ ...OBJECT, inverses }] });
    context.after(() => {
      rmSync(newer, DEEPLY);
      site.write({ objects: [OBJECT] });
    });
    const no = await onTerminal('no\n', '--apply');
    assert.equal(no.code, 1, no.shown);
    assert.ok(no.shown.includes(`a.gz: sh -c 'gzip -d' | sh -c 'cat >${into('log')}'`), no.shown);
    assert.match(no.shown, /Run them\? \[y\/N\]/);
    assert.equal(existsSync(into('log')), false);
    assert.equal((await onTerminal('yes\n', '--apply')).code, 0);
    assert.equal(readFileSync(into('log'), 'utf8'), 'text\n');
  });
  test('what is not text is not printed, unless forced', async () => {
    const raw = await onTerminal('', '--stdout', '--raw');
    assert.equal(raw.code, 2, raw.shown);
    assert.match(raw.shown, /is not text, and stdout is a terminal/);
    assert.equal((await onTerminal('', '--stdout', '--raw', '--force')).code, 0);
    const text = await onTerminal('', '--stdout');
    assert.equal(text.code, 0, text.shown);
    assert.match(text.shown, /^text\r?$/m);
  });
});

suite('a manifest that lies', () => {
  const paths = ['../../etc/passwd', '/etc/passwd', '.palhm-x', 'a\0b', 'a//b', './a', 'a/', ''];
  for (const path of paths) {
    test(`about a path: ${JSON.stringify(path)}`, async () => {
      changeObject((object) => {
        object.path = path;
      });
      const ended = await site.restoreFrom(copy, '--to', site.target, '--yes');
      assertFailed(ended, 4, /MANIFEST_INVALID/, /"objects\[0\]\.path"/);
      assert.equal(site.restored(), undefined);
    });
    test(`about a volume: ${JSON.stringify(path)}`, async () => {
      changeObject((object) => {
        object.volumes = ['a.gz', path];
      });
      const ended = await site.restoreFrom(copy, '--to', site.target, '--yes');
      assertFailed(ended, 4, /MANIFEST_INVALID/, /"objects\[0\]\.volumes\[1\]"/);
    });
  }
  test('about a path that is the way out once it is decoded', async () => {
    for (const path of ['...gz', '..gz', 'x/...gz']) {
      rmSync(site.target, { recursive: true, force: true });
      mkdirSync(join(copy, 'x'), { recursive: true });
      execFileSync('cp', [join(copy, 'a.gz'), join(copy, path)]);
      changeObject((object) => {
        object.path = path;
      });
      const { code, stderr } = await site.restoreFrom(copy, '--to', site.target, '--yes');
      assert.equal(code, 0, stderr);
      assert.deepEqual(site.restored(), { [path]: 'text\n' });
      changeObject((object) => {
        object.path = 'a.gz';
      });
    }
  });
  test('truncated, or of a newer format', async () => {
    const file = join(copy, '.palhm-manifest.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, 200));
    assertFailed(
      await site.restoreFrom(copy, '--to', site.target),
      4,
      /MANIFEST_INVALID/,
      /truncated/,
    );
    writeFileSync(file, text.replace('"format": 1', '"format": 2'));
    assertFailed(
      await site.restoreFrom(copy, '--to', site.target),
      4,
      /newer than this palhm knows/,
    );
    assert.equal(site.restored(), undefined);
  });
});

suite('a copy that somebody has changed', () => {
  const stored = (): string => join(copy, 'a.gz');
  const changes: readonly (readonly [string, () => void, RegExp])[] = [
    ['an object is missing', () => rmSync(stored()), /is missing from the copy/],
    [
      'an object is a directory',
      () => {
        rmSync(stored());
        mkdirSync(stored());
      },
      /is not a regular file/,
    ],
    [
      'an object is a FIFO',
      () => {
        rmSync(stored());
        execFileSync('mkfifo', [stored()]);
      },
      /is not a regular file/,
    ],
    [
      'an object is a symbolic link to its like',
      () => {
        renameSync(stored(), into('moved'));
        execFileSync('ln', ['-s', into('moved'), stored()]);
      },
      /is not a regular file/,
    ],
  ];
  for (const [what, change, words] of changes) {
    test(what, async () => {
      change();
      for (const way of [['--to', site.target], ['--stdout'], ['--to', site.target, '--raw']])
        assertFailed(await site.restore(...way), 4, /COPY_DAMAGED/, words);
      assert.equal(site.restored(), undefined);
    });
  }
});
