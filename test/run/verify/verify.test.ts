/** The real program: whatever is done to a copy, verify finds it and names it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callPalhm, startPalhm } from '../../rig/palhm.js';
import { makeSite, SMALL_OBJECTS } from '../../rig/site.js';
import { flipByte, makeCopy, problemsOf, verify } from '../../rig/verify-site.js';

const RECORD = '.palhm-verify.json';
const OBJECTS = ['a', 'c d+ü', 'deep/er/b'] as const;

function recordOf(copy: string): { result: string; read: number; of: number; depth: string } {
  return JSON.parse(readFileSync(join(copy, RECORD), 'utf8'));
}

describe('verify', () => {
  const site = makeSite();
  let copy: string;
  before(async () => {
    site.write({
      objects: OBJECTS.map((path, index) => ({ path, stages: [`seq ${1000 * (index + 1)}`] })),
    });
    copy = await makeCopy(site);
  });
  after(() => site.remove());

  /** Does harm, looks at what is found, takes it back. */
  async function finds(harm: () => void, undo: () => void, problems: readonly RegExp[]) {
    harm();
    const found = await verify(site.config);
    undo();
    assert.equal(found.code, 4, found.stderr);
    assert.equal(found.json.copies[0]?.result, 'damaged');
    assert.equal(problemsOf(found).length, problems.length, problemsOf(found).join('\n'));
    for (const [index, problem] of problems.entries()) {
      assert.match(problemsOf(found)[index] ?? '', problem);
      assert.match(found.stderr, problem);
    }
    assert.equal(recordOf(copy).result, 'damaged');
    return found;
  }

  it('says that a whole copy is whole, and records it', async () => {
    const { code, json, stderr } = await verify(site.config);
    assert.equal(code, 0, stderr);
    const [only] = json.copies;
    assert.deepEqual(
      [only?.result, only?.depth, only?.read, only?.of, only?.recorded, only?.problems],
      ['whole', 'stored', 3, 3, true, []],
    );
    assert.deepEqual(
      only?.objects.map(({ path, result }) => [path, result]),
      OBJECTS.map((path) => [path, 'whole']),
    );
    assert.equal(recordOf(copy).result, 'whole');
    const { stdout } = await callPalhm(['-f', site.config, 'list']);
    assert.match(stdout, /\d{4}-\d\d-\d\d whole$/m);
    const shown = await callPalhm(['-f', site.config, 'show', 'backup']);
    assert.match(shown.stdout, /^verified {2}.* on .*, whole$/m);
  });

  for (const path of OBJECTS) {
    it(`finds one flipped byte of ${path}`, async () => {
      const file = join(copy, path);
      for (const at of [0, 1700, 3892]) {
        const flip = () => flipByte(file, at);
        const named = new RegExp(`object "${path.replace('+', '\\+')}" has the SHA-256`);
        const found = await finds(flip, flip, [named]);
        const results = found.json.copies[0]?.objects.map((one) => [one.path, one.result]);
        const expected = OBJECTS.map((one) => [one, one === path ? 'damaged' : 'whole']);
        assert.deepEqual(results, expected);
      }
    });
  }

  it('finds everything that is wrong, not the first thing alone', async () => {
    const [a, b] = [join(copy, 'a'), join(copy, 'deep/er/b')];
    const harm = () => {
      flipByte(a);
      renameSync(b, join(copy, 'deep/x'));
    };
    const undo = () => {
      flipByte(a);
      renameSync(join(copy, 'deep/x'), b);
    };
    await finds(harm, undo, [
      /"deep\/x" lies in the copy but not in its manifest/,
      /object "a" has the SHA-256/,
      /object "deep\/er\/b" is missing from the copy/,
    ]);
  });

  it('finds a stranger, also an empty one in a directory', async () => {
    const stranger = join(copy, 'deep/stranger');
    await finds(
      () => writeFileSync(stranger, ''),
      () => rmSync(stranger),
      [/"deep\/stranger" lies in the copy but not in its manifest/],
    );
  });

  it('finds an object that was cut short, or has grown', async () => {
    const file = join(copy, 'a');
    const bytes = readFileSync(file);
    const restore = () => writeFileSync(file, bytes);
    const sized = [/object "a" has \d+ bytes, the manifest says 3893/];
    await finds(() => truncateSync(file, 10), restore, sized);
    await finds(() => truncateSync(file, 5000), restore, sized);
  });

  it('finds two objects that were swapped', async () => {
    const [a, c, x] = [join(copy, 'a'), join(copy, 'c d+ü'), join(copy, 'x')];
    const swap = () => {
      renameSync(a, x);
      renameSync(c, a);
      renameSync(x, c);
    };
    await finds(swap, swap, [/object "a" has/, /object "c d\+ü" has/]);
  });

  it('finds a link and a pipe in the place of an object, and follows and waits for neither', async () => {
    const [a, x] = [join(copy, 'a'), join(site.directory, 'x')];
    const aside = (put: () => void) => () => {
      renameSync(a, x);
      put();
    };
    const undo = () => {
      rmSync(a);
      renameSync(x, a);
    };
    const named = [/object "a" is not a regular file of the copy/];
    await finds(
      aside(() => symlinkSync(x, a)),
      undo,
      named,
    );
    await finds(
      aside(() => execFileSync('mkfifo', [a])),
      undo,
      named,
    );
    await finds(aside(() => mkdirSync(a)), () => {
      rmSync(a, { recursive: true });
      renameSync(x, a);
    }, [/object "a" is missing/]);
  });

  it('finds a manifest that is damaged, alone and among all', async () => {
    const file = join(copy, '.palhm-manifest.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, 200));
    const prefix = basename(copy);
    for (const which of ['latest', 'all', prefix]) {
      const { code, json } = await verify(site.config, ['--copy', which]);
      assert.deepEqual(
        [code, json.copies[0]?.result, json.copies[0]?.recorded],
        [4, 'damaged', false],
      );
      assert.match(
        json.copies[0]?.problems[0] ?? '',
        /has a manifest that cannot be used: The manifest is truncated/,
      );
    }
    writeFileSync(file, text);
  });

  it('takes back what it said when everything is looked at again, not after a sample', async () => {
    const file = join(copy, 'a');
    flipByte(file);
    assert.equal((await verify(site.config)).code, 4);
    flipByte(file);
    const sampled = await verify(site.config, ['--sample', '10%']);
    assert.equal(sampled.code, 0);
    const [only] = sampled.json.copies;
    assert.deepEqual([only?.result, only?.read, only?.of, only?.recorded], ['whole', 1, 3, false]);
    assert.equal(recordOf(copy).result, 'damaged');
    assert.equal((await verify(site.config)).code, 0);
    assert.equal(recordOf(copy).result, 'whole');
  });

  it('reads a random part of the objects, and looks whether the others are there', async () => {
    const read = new Set<string>();
    while (read.size < OBJECTS.length) {
      const { json } = await verify(site.config, ['--sample', '1%']);
      const whole = json.copies[0]?.objects.filter(({ result }) => result === 'whole') ?? [];
      assert.equal(whole.length, 1);
      read.add(whole[0]?.path ?? '');
    }
    renameSync(join(copy, 'a'), join(site.directory, 'x'));
    const { code } = await verify(site.config, ['--sample', '1%']);
    renameSync(join(site.directory, 'x'), join(copy, 'a'));
    assert.equal(code, 4);
    assert.equal((await verify(site.config)).code, 0);
  });

  it('refuses what is no part', async () => {
    for (const part of ['0%', '101%', '10', 'x%', '-1%']) {
      const { code } = await callPalhm(['-f', site.config, 'verify', `--sample=${part}`]);
      assert.equal(code, 2, part);
    }
  });

  it('passes over a copy without a manifest among others, and refuses it alone', async () => {
    const old = '2020-01-01T00:00:00+00:00';
    mkdirSync(join(site.root, old));
    writeFileSync(join(site.root, old, 'a'), 'x');
    const all = await verify(site.config, ['--copy', 'all']);
    assert.equal(all.code, 0, all.stderr);
    assert.deepEqual(
      all.json.copies.map(({ result }) => result),
      ['passed-over', 'whole'],
    );
    assert.match(all.json.copies[0]?.problems[0] ?? '', /has no manifest to compare it with$/);
    const alone = await callPalhm(['-f', site.config, 'verify', '--copy', old]);
    assert.equal(alone.code, 1);
    assert.match(alone.stderr, /NOT_VERIFIABLE/);
    rmSync(join(site.root, old), { recursive: true });
  });

  it('says that there is no such copy, and no copy at all', async () => {
    const absent = await callPalhm([
      '-f',
      site.config,
      'verify',
      '--copy',
      '2021-01-01T00:00:00+00:00',
    ]);
    assert.deepEqual([absent.code, /COPY_NOT_FOUND/.test(absent.stderr)], [1, true]);
    const empty = makeSite();
    empty.write({ objects: SMALL_OBJECTS });
    for (const which of ['latest', 'all']) {
      const { code } = await callPalhm(['-f', empty.config, 'verify', '--copy', which]);
      assert.equal(code, 1);
    }
    empty.remove();
  });

  it('counts what it has read, not what it was to read', async () => {
    renameSync(join(copy, 'a'), join(site.directory, 'x'));
    const { json, stderr } = await verify(site.config);
    renameSync(join(site.directory, 'x'), join(copy, 'a'));
    const { read, of, size } = json.copies[0] ?? assert.fail();
    const others = OBJECTS.slice(1).map((path) => statSync(join(copy, path)).size);
    assert.deepEqual([read, of, size], [2, 3, others.reduce((sum, one) => sum + one, 0)]);
    assert.match(stderr, /is damaged: 2 of 3 objects read, /);
  });

  it('prints a table for people, and every problem to stderr', async () => {
    flipByte(join(copy, 'a'));
    const { code, stdout, stderr } = await callPalhm(['-q', '-f', site.config, 'verify', 'backup']);
    flipByte(join(copy, 'a'));
    assert.equal(code, 4);
    assert.match(stdout, /^copy +objects +size +took +result\n\S+ +3 +.* damaged, 1 problem\n$/);
    assert.match(stderr, /^failed {2}1 of 1 copy of task "backup" is not whole +VERIFY_FAILED/);
    assert.match(stderr, /object "a" has the SHA-256/);
    assert.equal(stderr.match(/object "a"/g)?.length, 1);
  });

  it('emits events as documented', async () => {
    const palhm = startPalhm(['-v', '-f', site.config, '--log-format', 'json', 'verify']);
    assert.equal((await palhm.ended).code, 0);
    const kinds = palhm.events().map(({ event }) => event);
    assert.equal(kinds[0], 'verify-started');
    assert.deepEqual(kinds.slice(-2), ['verify-finished', 'run-finished']);
    assert.equal(kinds.filter((kind) => kind === 'object-finished').length, 3);
    assert.equal(readdirSync(copy).filter((name) => name.startsWith(RECORD)).length, 1);
  });
});
