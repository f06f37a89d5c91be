/** What a drill finds out about a copy. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { makeDrillSite, restored, SERVER, script } from '../../rig/drill-site.js';

describe('palhm drill', () => {
  let site: Awaited<ReturnType<typeof makeDrillSite>>;
  before(async () => {
    site = await makeDrillSite();
  });
  beforeEach(() => site.forget());
  after(() => site.remove());

  it('prepares, restores in the order given, checks, cleans up, and records that it passed', async () => {
    const manifest = readFileSync(site.fileOf('.palhm-manifest.json'));
    site.configure({
      prepare: [SERVER, script('pwd')],
      restore: [restored('cat >letters', 'more/letters'), restored('cat letters - >both')],
      check: [
        {
          type: 'exec-inline',
          argv: ['wc', '-l', { concat: [{ run: 'directory' }, '/both'] }],
        },
        script('test "$PWD/both" -ef "$PALHM_DRILL_DIRECTORY/both" && test "$TMPDIR" = "$PWD"'),
      ],
      'clean-up': [site.leave('cleaned')],
    });
    const run = site.watch(['drill', 'backup', '--copy', site.prefix]);
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    const lines = run.events().flatMap(({ stream, line }) => (stream === 'stdout' ? [line] : []));
    assert.equal(lines.length, 2);
    assert.match(String(lines[0]), /^\/.*\/palhm-drill-\w+\/scratch$/);
    assert.equal(lines[1], `100001 ${String(lines[0])}/both`);
    const { at, host, durationMs, ...rest } = site.record() ?? {};
    assert.deepEqual(rest, { format: 1, result: 'passed', problem: null });
    assert.ok(typeof at === 'string' && typeof host === 'string' && Number(durationMs) > 0);
    assert.ok(site.has('cleaned'));
    assert.deepEqual(readFileSync(site.fileOf('.palhm-manifest.json')), manifest);
    site.assertGone();
  });

  it('a check that fails: exit 4, recorded, cleaned up', async () => {
    const { code, stderr } = await site.drill({
      prepare: [SERVER],
      check: [script('true'), script('echo "only 3 orders" >&2; exit 3'), script('exit 9')],
      'clean-up': [site.leave('after-check')],
    });
    assert.equal(code, 4, stderr);
    assert.match(stderr, /"code":"DRILL_FAILED".*only 3 orders/);
    const { result, problem } = site.record() ?? {};
    assert.equal(result, 'failed');
    assert.match(String(problem), /^check 2 of 3: sh exited with status 3 after /);
    assert.ok(site.has('after-check'));
    site.assertGone();
  });

  it('a client that fails: exit 4, with its last words', async () => {
    const { code, stderr } = await site.drill({
      restore: [restored('cat >numbers; echo "ERROR 1064 at line 7" >&2; exit 1')],
    });
    assert.equal(code, 4, stderr);
    assert.match(String(site.record()?.['problem']), /^restoring object "numbers": sh exited with/);
    assert.match(stderr, /"event":"failed".*\| ERROR 1064 at line 7/);
    site.assertGone();
  });

  it('a damaged object: exit 4, and the damage is named, not the client', async () => {
    const file = site.fileOf('numbers');
    const whole = readFileSync(file);
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(1000) ^ 1, 1000);
    chmodSync(file, 0o640);
    writeFileSync(file, damaged);
    try {
      for (const text of ['cat >numbers', 'cat >numbers; exit 1']) {
        const { code, stderr } = await site.drill({ restore: [restored(text)] });
        assert.equal(code, 4, stderr);
        assert.match(
          String(site.record()?.['problem']),
          /^restoring object "numbers": object "numbers" has the SHA-256 \w+, the manifest says \w+$/,
        );
      }
    } finally {
      writeFileSync(file, whole);
    }
    site.assertGone();
  });

  it('an object that the copy does not have: exit 4, before anything is started', async () => {
    site.configure({ prepare: [site.leave('never')], restore: [restored('cat', 'new')] }, ['new']);
    const { code, stderr } = await site.watch(['drill', 'backup']).ended;
    assert.equal(code, 4, stderr);
    assert.match(String(site.record()?.['problem']), /^the copy has no object "new"/);
    assert.ok(!site.has('never'));
  });

  it("a command of somebody else's in the manifest is not run", async () => {
    const file = site.fileOf('.palhm-manifest.json');
    const text = readFileSync(file, 'utf8');
    const manifest = JSON.parse(text);
    const [, object] = manifest.objects;
    object.stages.push({ ...object.stages[0], inverse: ['touch', join(site.directory, 'owned')] });
    writeFileSync(file, JSON.stringify(manifest));
    try {
      const { code, stderr } = await site.drill({});
      assert.equal(code, 4, stderr);
      assert.match(stderr, /by a command that is not in the config.*\| touch /);
    } finally {
      writeFileSync(file, text);
    }
    assert.ok(!site.has('owned'));
  });

  it('a program of the copy that did not come back with it: exit 4', async () => {
    const { code, stderr } = await site.drill({
      check: [{ type: 'exec-inline', argv: ['./app'] }],
    });
    assert.equal(code, 4, stderr);
    assert.match(String(site.record()?.['problem']), /^check 1 of 1: app could not be started: /);
    site.assertGone();
  });

  it('a program that is not there: 78, and a backup does without it', async () => {
    const missing = { type: 'exec-inline', argv: ['no-such-server'] };
    const { code, stderr } = await site.drill({ prepare: [missing] });
    assert.equal(code, 78);
    assert.match(stderr, /CONFIG_EXECUTABLE.*no-such-server/s);
    assert.equal((await site.watch(['config', 'check']).ended).code, 78);
    assert.equal((await site.watch(['run', '--dry-run', 'backup']).ended).code, 0);
  });

  it('a TMPDIR too long for a socket: 1', async () => {
    site.configure({});
    const long = join(site.directory, 'x'.repeat(80));
    mkdirSync(long);
    const { code, stderr } = await site.watch(['drill', 'backup'], long).ended;
    assert.equal(code, 1);
    assert.match(stderr, /DRILL_NOT_PREPARED.*too long a name for sockets.*TMPDIR/);
    assert.deepEqual(readdirSync(long), []);
  });

  it('no drill: 2; no copy: 1', async () => {
    site.configure(undefined);
    const none = await site.watch(['drill', 'backup']).ended;
    assert.deepEqual([none.code, /has no drill/.test(none.stderr)], [2, true]);
    const { code, stderr } = await site.drill({}, '--copy', '2001-01-01T00:00:00+00:00');
    assert.equal(code, 1);
    assert.match(stderr, /COPY_NOT_FOUND/);
  });
});

describe('palhm drill, a copy that rotation removes meanwhile', () => {
  for (const phase of ['prepare', 'check'])
    it(`is no failed one: removed in ${phase}`, async (context) => {
      const site = await makeDrillSite();
      context.after(() => site.remove());
      const { code, stderr } = await site.drill({
        [phase]: [script(`rm -r "${site.fileOf('')}"; ${phase === 'check' ? 'exit 3' : ''}`)],
      });
      assert.equal(code, 1, stderr);
      assert.match(stderr, /"event":"failed".*"COPY_NOT_FOUND"/);
      site.assertGone();
    });
});
