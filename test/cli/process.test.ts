/** The program as a person or a timer starts it, when things go wrong: a second run, broken streams. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { commandStages } from '../rig/commanded.js';
import { leftoversIn, plantOriginal, readWholeCopy } from '../rig/copies.js';
import { callPalhm, type Ended, PALHM } from '../rig/palhm.js';
import { shell } from '../rig/shell.js';
import { listPrefixes } from '../rig/site.js';

const JSON_LOG = ['-v', '--log-format', 'json'];
const at = commandStages();

function quick(): void {
  at.site.write({ objects: [{ path: 'a', stages: ['echo a'] }] });
}

const { start, writeStage } = at;
const call = (...args: string[]): Promise<Ended> => callPalhm(['-f', at.site.config, ...args]);

describe('two runs at once', () => {
  it('the second ends with 75, and says who holds the root and since when', async () => {
    writeStage('holder');
    const first = start('run', 'backup');
    const stage = await at.rig.invoked('holder');
    const second = await call('run', 'backup');
    assert.equal(second.code, 75);
    assert.match(
      second.stderr,
      new RegExp(`process ${first.child.pid} on .*, task "backup", since \\d{4}-\\d\\d-\\d\\dT`),
    );
    const patient = await call('run', 'backup', '--wait=200ms');
    assert.equal(patient.code, 75);
    assert.match(patient.stderr, /in use by another run after waiting 0\.2/);
    await stage.end({ do: 'exit', code: 0 });
    assert.equal((await first.ended).code, 0);
  });

  it('with --wait the second runs when the first has ended', async () => {
    writeStage('first');
    const first = start('run', 'backup');
    const stage = await at.rig.invoked('first');
    quick();
    const second = start(...JSON_LOG, 'run', 'backup', '--wait');
    const waiting = await second.event('lock-waiting');
    assert.match(String(waiting?.['holder']), /^process \d+ on /);
    second.child.kill('SIGUSR1');
    const lock = { root: waiting?.['root'], holder: waiting?.['holder'] };
    assert.deepEqual((await second.event('standing'))?.['lock'], lock);
    assert.deepEqual(await listPrefixes(at.site.config), []);
    await stage.end({ do: 'exit', code: 0 });
    assert.deepEqual([(await first.ended).code, (await second.ended).code], [0, 0]);
    assert.equal((await listPrefixes(at.site.config)).length, 2);
  });

  it('who waits can be interrupted', async () => {
    writeStage('long');
    const first = start('run', 'backup');
    const stage = await at.rig.invoked('long');
    const second = start(...JSON_LOG, 'run', 'backup', '--wait');
    await second.event('lock-waiting');
    second.child.kill('SIGINT');
    assert.equal((await second.ended).code, 130);
    await stage.end({ do: 'exit', code: 0 });
    assert.equal((await first.ended).code, 0);
  });
});

describe('streams', () => {
  for (const [what, line] of [
    ['nobody reads stderr', 'palhm -v run backup 2> >(exec true)'],
    ['its log is on a full disk', 'palhm -v run backup 2>/dev/full'],
    ['stdin, stdout and stderr are closed', 'palhm run backup <&- >&- 2>&-'],
    ['stdin is closed', 'palhm run backup <&-'],
    ['stdout is closed', 'palhm -v run backup >&-'],
    ['stderr is closed', 'palhm -v --log-format json run backup 2>&-'],
  ] as const) {
    it(`a run is not lost when ${what}`, async () => {
      at.site.write({
        objects: [
          { path: 'a', stages: ['seq 1 9', 'cat; echo words >&2'] },
          { path: 'b', stages: ['sleep 0.1; echo b'] },
        ],
      });
      assert.equal((await shell(at.site.config, line)).code, 0);
      const [prefix = ''] = await listPrefixes(at.site.config);
      assert.equal(readWholeCopy(at.site.root, prefix).size, 2);
      assert.equal(readFileSync(join(at.site.root, prefix, 'b'), 'utf8'), 'b\n');
      assert.deepEqual(leftoversIn(at.site.root), []);
    });
  }
});

describe('exit codes', () => {
  it('0, and -q says nothing', async () => {
    quick();
    const { code, stdout, stderr } = await call('-q', 'run', 'backup');
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  });

  it('1 when a stage fails; -q prints the error alone', async () => {
    at.site.write({ objects: [{ path: 'a', stages: ['echo why >&2; exit 7'] }] });
    const { code, stderr } = await call('-q', 'run', 'backup');
    assert.equal(code, 1);
    assert.match(stderr, /^failed {2}object "a" in group "default" {2}STAGE_FAILED\n/);
    assert.match(stderr, /\| why/);
    assert.equal(existsSync(join(at.site.root, '.palhm-lock')), true);
    assert.deepEqual(leftoversIn(at.site.root), []);
  });

  it('1 when palhm cannot be loaded, for too few files may be open', () => {
    const script = 'ulimit -n 24; exec "$@"';
    const argv = ['-c', script, 'sh', process.execPath, PALHM, 'run'];
    const { status, stderr } = spawnSync('sh', argv, { encoding: 'utf8' });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^failed .*EMFILE\n.*\n {2}next: raise the limit of open files/);
  });

  it('2 for a wrong command line', async () => {
    quick();
    for (const args of [
      ['run', '--no-such-option'],
      ['no-such-command'],
      ['run', 'no-such-task'],
      ['run', 'backup', '--only', 'a'],
      ['run', 'backup', '--wait=soon'],
      ['run', 'backup', '--json'],
      ['rotate', 'backup', '--json'],
      ['-q', '-v', 'run', 'backup'],
    ]) {
      assert.equal((await call(...args)).code, 2, args.join(' '));
    }
  });

  it('3 when rotation would remove too much: the copy is safe', async () => {
    at.site.write({ objects: [{ path: 'a', stages: ['echo a'] }], param: { 'nb-copy-limit': 1 } });
    for (let index = 1; index <= 9; index++) {
      plantOriginal(at.site.root, `2022-05-0${index}T00:00:00+00:00`);
    }
    const { code, stderr } = await call('run', 'backup');
    assert.equal(code, 3);
    assert.match(stderr, /the new copy \S+ is complete and safe/);
    assert.equal((await listPrefixes(at.site.config)).length, 10);
  });
});

it('every line of the JSON log is an event as doc/events.md has it', async () => {
  at.site.write({
    objects: [
      { path: 'a', stages: ['echo a; printf "odd \\033[31m\\007 \\377 line\\n" >&2', 'cat'] },
      { path: 'b', stages: ['exit 1'], group: 'later' },
    ],
    groups: [{ id: 'default' }, { id: 'later', depends: ['default'] }],
  });
  const { code, stderr } = await call(...JSON_LOG, 'run', 'backup');
  assert.equal(code, 1);
  const documented = await readDocumentedEvents();
  const seen = new Set<string>();
  for (const line of stderr.trimEnd().split('\n')) {
    const { time, level, run, task, event, ...fields } = JSON.parse(line) as Record<
      string,
      unknown
    >;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(String(run), /^[0-9a-f-]{36}$/);
    assert.equal(task, 'backup');
    assert.match(String(level), /^(critical|error|warning|info|debug)$/);
    assert.deepEqual(Object.keys(fields).sort(), documented.get(String(event)), line);
    seen.add(String(event));
  }
  for (const kind of ['copy-opened', 'object-failed', 'copy-rolled-back', 'failed', 'stage-output'])
    assert.ok(seen.has(kind), kind);
});

/** The fields of each event, as in the tables of the page. */
async function readDocumentedEvents(): Promise<Map<string, string[]>> {
  const page = await readFile(new URL('../../../doc/events.md', import.meta.url), 'utf8');
  const sections = page.split(/^### /m).slice(1);
  return new Map(
    sections.map((section) => {
      const name = /^`([^`]+)`/.exec(section)?.[1] ?? '';
      const fields = [...section.matchAll(/^\| `([^`]+)` *\|/gm)].map((match) => match[1] ?? '');
      return [name, fields.sort()];
    }),
  );
}
