/** Drills by the real program, with shell scripts for servers and clients. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  type Ended,
  makeSite,
  processesWith,
  type RunningPalhm,
  type Site,
  startPalhm,
} from '../rig/cli.js';

const script = (text: string): object => ({ type: 'exec-inline', argv: ['sh', '-c', text] });

/** Something that goes on in the background, such as a server. */
const SERVER = script('sleep 1000 >/dev/null 2>&1 & echo $! >server');
const OBJECTS = [
  { path: 'numbers', stages: ['seq 1 100000'] },
  { path: 'more/letters', stages: ['echo a b c'] },
];

interface Drill {
  readonly [key: string]: unknown;
  readonly restore?: readonly object[];
}

describe('palhm drill', () => {
  const mark = randomUUID();
  let site: Site;
  let scratch = '';
  let copy = '';

  const palhm = (args: readonly string[], tmp = scratch): RunningPalhm =>
    startPalhm(['-f', site.config, '--log-format', 'json', ...args], {
      env: { TMPDIR: tmp, DRILL_TEST: mark },
    });
  const configure = (drill: Drill | undefined): void =>
    site.write({
      objects: OBJECTS,
      ...(drill === undefined ? {} : { drill: { restore: [restored()], ...drill } }),
    });
  /** `cat >numbers`, in the scratch directory. */
  const restored = (text = 'cat >numbers', object = 'numbers'): object => ({
    object,
    pipeline: [script(text)],
  });
  const drill = (declared: Drill, ...args: string[]): Promise<Ended> => {
    configure(declared);
    return palhm(['drill', 'backup', ...args]).ended;
  };
  /** A script that leaves a file of this name outside. */
  const leave = (name: string, then = 'true'): object =>
    script(`touch "${join(site.directory, name)}"; ${then}`);
  const record = (): Record<string, unknown> | undefined => {
    const file = join(site.root, copy, '.palhm-drill.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  };
  const assertGone = (): void => {
    assert.deepEqual(readdirSync(scratch), []);
    assert.deepEqual(processesWith(`DRILL_TEST=${mark}`), []);
  };

  before(async () => {
    site = makeSite();
    scratch = join(site.directory, 't');
    mkdirSync(scratch);
    configure(undefined);
    const { code, stderr } = await palhm(['run', 'backup']).ended;
    assert.equal(code, 0, stderr);
    copy = readdirSync(site.root).find((name) => !name.startsWith('.')) ?? '';
  });
  beforeEach(() => rmSync(join(site.root, copy, '.palhm-drill.json'), { force: true }));
  after(() => site.remove());

  it('prepares, restores in the order given, checks, cleans up, and records that it passed', async () => {
    const before = readFileSync(join(site.root, copy, '.palhm-manifest.json'));
    configure({
      prepare: [SERVER, script('pwd')],
      restore: [restored('cat >letters', 'more/letters'), restored('cat letters - >both')],
      check: [
        {
          type: 'exec-inline',
          argv: ['wc', '-l', { concat: [{ run: 'directory' }, '/both'] }],
        },
        script('test "$PWD/both" -ef "$PALHM_DRILL_DIRECTORY/both" && test "$TMPDIR" = "$PWD"'),
      ],
      'clean-up': [leave('cleaned')],
    });
    const run = palhm(['drill', 'backup', '--copy', copy]);
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    const lines = run.events().flatMap(({ stream, line }) => (stream === 'stdout' ? [line] : []));
    assert.equal(lines.length, 2);
    assert.match(String(lines[0]), /^\/.*\/palhm-drill-\w+\/scratch$/);
    assert.equal(lines[1], `100001 ${String(lines[0])}/both`);
    const { at, host, durationMs, ...rest } = record() ?? {};
    assert.deepEqual(rest, { format: 1, result: 'passed', problem: null });
    assert.ok(typeof at === 'string' && typeof host === 'string' && Number(durationMs) > 0);
    assert.ok(existsSync(join(site.directory, 'cleaned')));
    assert.deepEqual(readFileSync(join(site.root, copy, '.palhm-manifest.json')), before);
    assertGone();
  });

  it('a check that fails: exit 4, recorded, cleaned up', async () => {
    const { code, stderr } = await drill({
      prepare: [SERVER],
      check: [script('true'), script('echo "only 3 orders" >&2; exit 3'), script('exit 9')],
      'clean-up': [leave('after-check')],
    });
    assert.equal(code, 4, stderr);
    assert.match(stderr, /"code":"DRILL_FAILED".*only 3 orders/);
    const { result, problem } = record() ?? {};
    assert.equal(result, 'failed');
    assert.match(String(problem), /^check 2 of 3: sh, exited with status 3 after /);
    assert.ok(existsSync(join(site.directory, 'after-check')));
    assertGone();
  });

  it('a client that fails: exit 4, with its last words', async () => {
    const { code, stderr } = await drill({
      restore: [restored('cat >numbers; echo "ERROR 1064 at line 7" >&2; exit 1')],
    });
    assert.equal(code, 4, stderr);
    assert.match(String(record()?.['problem']), /^restoring object "numbers": sh, exited with/);
    assert.match(stderr, /"event":"failed".*\| ERROR 1064 at line 7/);
    assertGone();
  });

  it('a damaged object: exit 4, and the damage is named, not the client', async () => {
    const file = join(site.root, copy, 'numbers');
    const whole = readFileSync(file);
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(1000) ^ 1, 1000);
    chmodSync(file, 0o640);
    writeFileSync(file, damaged);
    try {
      for (const text of ['cat >numbers', 'cat >numbers; exit 1']) {
        const { code, stderr } = await drill({ restore: [restored(text)] });
        assert.equal(code, 4, stderr);
        assert.match(
          String(record()?.['problem']),
          /^restoring object "numbers": object "numbers" has the SHA-256 \w+, the manifest says \w+$/,
        );
      }
    } finally {
      writeFileSync(file, whole);
    }
    assertGone();
  });

  it('preparing that fails: exit 1, nothing is recorded, cleaned up all the same', async () => {
    const { code, stderr } = await drill({
      prepare: [SERVER, script('echo "no port" >&2; exit 5'), script('exit 6')],
      'clean-up': [leave('after-prepare')],
    });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /"code":"DRILL_NOT_PREPARED","message":"prepare 2 of 3: sh, exited/);
    assert.match(stderr, /no result was recorded/);
    assert.equal(record(), undefined);
    assert.ok(existsSync(join(site.directory, 'after-prepare')));
    assertGone();
  });

  it('cleaning up that fails: every program of it runs, exit 3, recorded as passed', async () => {
    const { code, stderr } = await drill({
      prepare: [SERVER],
      'clean-up': [leave('first', 'exit 7'), leave('second')],
    });
    assert.equal(code, 3, stderr);
    assert.match(stderr, /"code":"DRILL_NOT_CLEANED","message":"clean-up 1 of 2: sh, exited/);
    assert.equal(record()?.['result'], 'passed');
    assert.ok(existsSync(join(site.directory, 'second')));
    assertGone();
  });

  it('a drill and its cleaning up that fail: the drill is told first', async () => {
    const { code, stderr } = await drill({
      check: [script('exit 3')],
      'clean-up': [script('exit 7')],
    });
    assert.equal(code, 4, stderr);
    assert.match(stderr, /"code":"DRILL_FAILED".*clean-up 1 of 1: sh, exited with status 7/);
    assertGone();
  });

  it('SIGTERM in the middle of a restore: exit 143, cleaned up, not recorded', async () => {
    configure({
      prepare: [SERVER],
      restore: [restored('echo restoring >&2; exec sleep 1000')],
      'clean-up': [leave('after-signal')],
    });
    const run = palhm(['drill', 'backup']);
    assert.ok(await run.event('stage-output'));
    run.child.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    assert.equal(code, 143, stderr);
    assert.equal(record(), undefined);
    assert.ok(existsSync(join(site.directory, 'after-signal')));
    assertGone();
  });

  it('a timeout of the drill: exit 4, cleaned up', async () => {
    const { code, stderr } = await drill({
      timeout: '300ms',
      restore: [restored('sleep 1000 >/dev/null 2>&1 & exec sleep 1000')],
      'clean-up': [leave('after-timeout')],
    });
    assert.equal(code, 4, stderr);
    assert.match(String(record()?.['problem']), /^restoring object "numbers": .*its timeout of /);
    assert.ok(existsSync(join(site.directory, 'after-timeout')));
    assertGone();
  });

  it('kill -9: the next drill of the task ends what is left, and touches nothing else', async () => {
    const other = { run: mark, task: 'another' };
    const open = { run: mark, task: 'backup' };
    for (const [name, mode, note] of [
      ['palhm-drill-another', 0o700, other],
      ['palhm-drill-open', 0o777, open],
    ] as const) {
      mkdirSync(join(scratch, name));
      chmodSync(join(scratch, name), mode);
      writeFileSync(join(scratch, name, 'drill.json'), JSON.stringify(note));
    }
    configure({ prepare: [SERVER], check: [script('echo here; exec sleep 1000')] });
    const [dying, living] = [palhm(['drill', 'backup']), palhm(['drill', 'backup'])];
    for (const run of [dying, living]) assert.ok(await run.event('stage-output'));
    dying.child.kill('SIGKILL');
    await dying.ended;
    assert.equal(readdirSync(scratch).length, 4);

    configure({});
    const next = palhm(['drill', 'backup']);
    const { code, stderr } = await next.ended;
    assert.equal(code, 0, stderr);
    const removed = next.events().filter(({ event }) => event === 'leftover-removed');
    assert.equal(removed.length, 1);
    assert.ok(Number(removed[0]?.['processes']) >= 1);
    assert.equal(readdirSync(scratch).length, 3);
    assert.equal(living.child.exitCode, null);
    living.child.kill('SIGTERM');
    assert.equal((await living.ended).code, 143);
    assert.deepEqual(readdirSync(scratch).sort(), ['palhm-drill-another', 'palhm-drill-open']);
    for (const name of readdirSync(scratch)) rmSync(join(scratch, name), { recursive: true });
    assertGone();
  });

  it('an object that the copy does not have: exit 4, before anything is started', async () => {
    site.write({
      objects: [...OBJECTS, { path: 'new', stages: ['true'] }],
      drill: { prepare: [leave('never')], restore: [restored('cat', 'new')] },
    });
    const { code, stderr } = await palhm(['drill', 'backup']).ended;
    assert.equal(code, 4, stderr);
    assert.match(String(record()?.['problem']), /^the copy has no object "new"/);
    assert.ok(!existsSync(join(site.directory, 'never')));
  });

  it("a command of somebody else's in the manifest is not run", async () => {
    const file = join(site.root, copy, '.palhm-manifest.json');
    const text = readFileSync(file, 'utf8');
    const manifest = JSON.parse(text);
    const [, object] = manifest.objects;
    object.stages.push({ ...object.stages[0], inverse: ['touch', join(site.directory, 'owned')] });
    writeFileSync(file, JSON.stringify(manifest));
    try {
      const { code, stderr } = await drill({});
      assert.equal(code, 4, stderr);
      assert.match(stderr, /by a command that is not in the config.*\| touch /);
    } finally {
      writeFileSync(file, text);
    }
    assert.ok(!existsSync(join(site.directory, 'owned')));
  });

  it('a program that is not there: 78, and a backup does without it', async () => {
    const missing = { type: 'exec-inline', argv: ['no-such-server'] };
    const { code, stderr } = await drill({ prepare: [missing] });
    assert.equal(code, 78);
    assert.match(stderr, /CONFIG_EXECUTABLE.*no-such-server/s);
    assert.equal((await palhm(['config', 'check']).ended).code, 78);
    assert.equal((await palhm(['run', '--dry-run', 'backup']).ended).code, 0);
  });

  it('a TMPDIR too long for a socket: 1', async () => {
    configure({});
    const long = join(site.directory, 'x'.repeat(80));
    mkdirSync(long);
    const { code, stderr } = await palhm(['drill', 'backup'], long).ended;
    assert.equal(code, 1);
    assert.match(stderr, /DRILL_NOT_PREPARED.*too long a name for sockets.*TMPDIR/);
    assert.deepEqual(readdirSync(long), []);
  });

  it('no drill: 2; no copy: 1', async () => {
    configure(undefined);
    const none = await palhm(['drill', 'backup']).ended;
    assert.deepEqual([none.code, /has no drill/.test(none.stderr)], [2, true]);
    const { code, stderr } = await drill({}, '--copy', '2001-01-01T00:00:00+00:00');
    assert.equal(code, 1);
    assert.match(stderr, /COPY_NOT_FOUND/);
  });
});
