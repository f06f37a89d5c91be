/** Programs of busybox in the places of those that start stages: the host is to blame, not the stage. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { PALHM } from '../rig/palhm.js';
import { execPlan } from '../rig/plans.js';
import { callAsNobody } from '../rig/rights.js';
import { makeSite, type Site } from '../rig/site.js';
import { openBench } from './bench.js';

const bench = openBench();
after(bench.close);

let site: Site;
beforeEach(() => {
  site = makeSite();
  site.write({ objects: [{ path: 'a', stages: ['echo a'] }] });
});
afterEach(() => site.remove());

/** Runs the backup where this is the program. */
function runWith(program: string, script: string) {
  const file = join(site.directory, 'other');
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return runWithLink(program, file);
}

function runWithLink(program: string, to: string) {
  symlinkSync(to, join(site.directory, program));
  const env = { ...process.env, PATH: `${site.directory}:${process.env['PATH']}` };
  const argv = [PALHM, '-f', site.config, 'run', 'backup'];
  const { status, stderr } = spawnSync(process.execPath, argv, { env, encoding: 'utf8' });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /HOST_UNFIT/);
  assert.match(stderr, /next: install util-linux/);
  assert.doesNotMatch(stderr, /STAGE_FAILED|"ec"/);
  return stderr;
}

test('setpriv that is busybox is found before anything runs', () => {
  writeFileSync(join(site.directory, 'busybox'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const stderr = runWithLink('setpriv', 'busybox');
  assert.match(stderr, /^failed {2}the program setpriv of this host .* is that of busybox/);
});

test('setpriv that does not know an option', () => {
  const text = `echo "$0: unrecognized option '--pdeathsig'" >&2; exit 1`;
  const stderr = runWith('setpriv', text);
  assert.match(stderr, /needs it: .*setpriv: unrecognized option '--pdeathsig'/);
});

test('flock that does not know an option', () => {
  const stderr = runWith('flock', `echo "flock: unrecognized option: E" >&2; exit 1`);
  assert.match(stderr, /cannot be locked: flock ended with 1/);
});

test('a script with CR LF that nobody has looked at before is told as what it is', async () => {
  const script = join(site.directory, 'script');
  writeFileSync(script, '#!/bin/sh\r\necho a\r\n', { mode: 0o755 });
  const { code, message, hint } = await bench.failureOf([execPlan([script])]);
  assert.equal(code, 'STAGE_NOT_STARTED');
  assert.match(
    message,
    /^script could not be started: setpriv: failed to execute .*: No such file/,
  );
  assert.match(hint ?? '', /no such interpreter as its first line names: .* CR LF/);
});

test('an exec that accepts 1 does not accept that of a program that could not start it', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('needs root');
  const exec = { type: 'exec-inline', argv: ['true'], ec: '<2' };
  const pipeline = [{ ...exec, user: 'daemon' }];
  const task = {
    id: 'backup',
    type: 'backup',
    backend: 'null',
    objects: [{ path: 'a', pipeline }],
  };
  writeFileSync(site.config, JSON.stringify({ tasks: [task] }));
  chmodSync(site.directory, 0o755);
  // Nobody may not become another user.
  const { code, stderr } = callAsNobody(['-f', site.config, 'run', 'backup']);
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /STAGE_NOT_STARTED\n {2}true could not be started: setpriv: .*not permitted/,
  );
});
