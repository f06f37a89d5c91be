/** Something else has the name of the lock: a run and `config check --connect` say the same, and leave it alone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { probeSink } from '../../../src/sink/registry.js';
import { makeScratch } from '../../rig/scratch.js';
import { contextOf, localfsPlan, lockNow, sinkOf } from '../../rig/sinks.js';

describe('a lock that is', () => {
  let root: string;
  let path: string;
  beforeEach(() => {
    root = makeScratch();
    path = join(root, '.palhm-lock');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  for (const [what, make] of [
    ['a FIFO', () => execFileSync('mkfifo', [path])],
    ['a directory', () => mkdirSync(path)],
    ['a link to a file', () => symlinkSync('/etc/passwd', path)],
    ['a link to nothing', () => symlinkSync('nothing', path)],
    ['a device', () => execFileSync('mknod', [path, 'c', '1', '3'], { stdio: 'pipe' })],
  ] as const)
    it(`${what} is named by a run and by a trial, with what to do`, async (context: TestContext) => {
      try {
        make();
      } catch {
        context.skip('it cannot be made here');
        return;
      }
      const { mode } = lstatSync(path);
      const message = `the lock ${path} is not a regular file`;
      const hint = `see what it is (ls -ld ${path}) and move it away: palhm makes the file itself`;
      const sink = await sinkOf(localfsPlan(root));
      await assert.rejects(lockNow(sink), { code: 'SINK_UNAVAILABLE', message, hint });
      const { signal } = new AbortController();
      const findings = await probeSink(localfsPlan(root), { ...contextOf(), signal });
      const missing = findings.filter(({ state }) => state === 'missing');
      assert.deepEqual(
        missing.map((one) => [one.name, one.detail, one.hint]),
        [['lock out other runs', message, hint]],
      );
      assert.equal(lstatSync(path).mode, mode);
    });
});
