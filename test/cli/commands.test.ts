/** Commands as a person types them: what they print, on which stream, and their exit codes. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { processConsole } from '../../src/cli/console.js';
import { buildProgram } from '../../src/cli/program.js';
import { createPlanCache } from '../../src/run/operations.js';
import { callPalhm, type Ended } from '../rig/palhm.js';
import { makeSite, type Site } from '../rig/site.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
  site.write({ objects: [{ path: 'a', stages: ['echo a'] }] });
});
afterEach(() => site.remove());

const palhm = (...args: string[]): Promise<Ended> => callPalhm(['-f', site.config, ...args]);

describe('help', () => {
  for (const words of [
    [],
    ['run'],
    ['config'],
    ['config', 'check'],
    ['config', 'graph'],
    ['list'],
    ['show'],
    ['rotate'],
    ['mods'],
    ['help'],
  ]) {
    it(`of "${words.join(' ')}" is that of this very command`, async () => {
      const { code, stdout } = await callPalhm(['help', ...words]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: ${['palhm', ...words].join(' ')}( [[<]|\n)`));
      for (const option of ['--file', '--quiet', '--verbose', '--log-format', '--progress']) {
        assert.ok(stdout.includes(option), option);
      }
    });
  }

  it('of a command that does not exist is a mistake', async () => {
    for (const words of [
      ['help', 'config', 'chek'],
      ['config', 'chek'],
    ]) {
      const { code, stdout, stderr } = await callPalhm(words);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /unknown command 'config chek'/);
    }
  });
});

describe('the table in doc/operation.md', () => {
  const cli = { console: processConsole(), plans: createPlanCache(), end: { exitCode: 0 } };
  const program = buildProgram(cli);
  const document = readFileSync(new URL('../../../doc/operation.md', import.meta.url), 'utf8');
  const rows = document.split('## Commands\n')[1]?.split('\n## ')[0]?.split('\n') ?? [];
  const words = program.commands.flatMap((one) =>
    one.commands.length === 0 ? [one] : one.commands,
  );
  for (const command of words) {
    const parent = command.parent === program ? '' : `${command.parent?.name()} `;
    const name = `${parent}${command.name()}`;
    it(`has "${name}" with its options`, () => {
      const row = rows.find((line) => new RegExp(`\`${name}[ \`]`).test(line));
      assert.ok(row, 'no row');
      const named = new Set(row.match(/--[a-z][a-z-]*/g));
      const known = new Set(command.options.map(({ long }) => long));
      assert.deepEqual(named, known);
    });
  }
});

describe('rotate', () => {
  it('says what it leaves alone, in a rehearsal too', async () => {
    assert.equal((await palhm('run', 'backup')).code, 0);
    mkdirSync(join(site.root, 'lost+found'));
    symlinkSync('/', join(site.root, '2020-01-01T00:00:00+00:00'));
    for (const rehearsal of [[], ['--dry-run']]) {
      const { code, stderr } = await palhm('rotate', 'backup', ...rehearsal);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /2 entries of the root left alone/);
      assert.match(stderr, /2020-01-01T00:00:00\+00:00: is a symbolic link/);
      assert.match(stderr, /lost\+found: its name is not the prefix of a copy/);
    }
  });
});

describe('run --dry-run', () => {
  it('says that its copy is not kept, and no place', async () => {
    const { code, stderr } = await palhm('run', 'backup', '--dry-run');
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^copy \S+ of task "backup" made, and not kept: 1 object, .* in [\d.]+ s$/m,
    );
    assert.doesNotMatch(stderr, /committed|nowhere/);
    const { stderr: drawn } = await palhm('--progress', 'always', 'run', 'backup', '--dry-run');
    assert.match(drawn, /^copy {6}not kept$/m);
  });
});

describe('run --plan', () => {
  it('with --dry-run shows the dry run, and of it what is asked for', async () => {
    const stages = ['echo x'];
    site.write({
      objects: [
        { path: 'a', stages },
        { path: 'b', stages },
      ],
    });
    const { stdout } = await palhm('run', 'backup', '--plan', '--json', '--dry-run', '--only', 'b');
    const { tasks } = JSON.parse(stdout) as {
      tasks: { sink: { type: string }; groups: { objects: { path: string }[] }[] }[];
    };
    assert.deepEqual(
      tasks.map(({ sink, groups }) => [sink.type, groups.flatMap(({ objects }) => objects).length]),
      [['null', 1]],
    );
    assert.equal(existsSync(site.root), false);
  });

  it('of a dry run that cannot be says so before anything starts', async () => {
    const { code, stderr } = await palhm('run', 'backup', '--dry-run', '--only', 'nope');
    assert.equal(code, 2);
    assert.match(stderr, /^failed {2}task "backup" has no object "nope"/);
  });

  it('of which an option has taken the task says where the task stands', async () => {
    assert.equal((await palhm('run', 'backup')).code, 0);
    for (const words of [
      ['run', '--accept-size', 'a', 'backup'],
      ['run', 'backup', '--dry-run', '--only', 'a', 'backup'],
      ['restore', '--print', '--object', 'a', 'backup'],
    ]) {
      const { code, stderr } = await palhm(...words);
      assert.equal(code, 2);
      assert.match(stderr, /before (?:--object, which takes all|options that take several)/);
    }
  });
});

describe('a root that is not there', () => {
  it('is named by whatever looks for copies, and the user is asked whether it is mounted', async () => {
    for (const words of [
      ['list'],
      ['show', 'backup'],
      ['verify'],
      ['restore', '--print'],
      ['rotate', 'backup'],
    ]) {
      const { stdout, stderr } = await palhm(...words);
      const said = stdout + stderr;
      assert.ok(said.includes(site.root), said);
      assert.match(said, /is (?:this|it) the right root, and is it mounted\?/);
    }
  });

  it('is not made by a rotation, which fails', async () => {
    const { code, stderr } = await palhm('rotate', 'backup');
    assert.equal(code, 1);
    assert.match(stderr, /SINK_UNAVAILABLE/);
    assert.ok(!existsSync(site.root));
  });
});
