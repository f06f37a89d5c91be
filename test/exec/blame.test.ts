/** Which of several stages that failed is told, by the order in which they ended and by what they said. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { findCulprit, type JudgedStage } from '../../src/exec/blame.js';
import type { StageEnd } from '../../src/exec/stage.js';
import { execPlan, shell } from '../rig/plans.js';
import { openBench } from './bench.js';

function failed(name: string, end: Partial<StageEnd>) {
  const rest = {
    exitCode: 1,
    signal: null,
    startedAt: 0,
    endedAt: 0,
    stopped: undefined,
    stderr: '',
  };
  return { exec: execPlan([name]), end: { ...rest, ...end }, well: false } satisfies JudgedStage;
}

suite('of several stages that fail', () => {
  const saying = (name: string, stderr: string) => (endedAt: number) =>
    failed(name, { endedAt, stderr });
  const lost = saying('gpg', 'gpg: decryption failed: No secret key');
  const short = saying('zstd', 'zstd: unexpected end of file');
  const tar = saying('tar', 'tar: This does not look like a tar archive');
  const full = saying('tar', 'tar: No space left on device');
  const silent = saying('dump', '');
  const broken = saying('dump', 'write: Broken pipe');
  const stopped = (endedAt: number) =>
    failed('dump', { endedAt, exitCode: null, signal: 'SIGTERM', stopped: 'asked' });

  for (const [title, stages, culprit] of [
    ['the first one to end is told', [lost(1), short(2)], 'gpg'],
    ['one whose input has ended early is a consequence', [lost(2), short(1)], 'gpg'],
    ['so is each of several', [lost(3), short(2), tar(1)], 'gpg'],
    ['one that failed by itself is told, whoever fails after it', [silent(2), full(1)], 'tar'],
    ['also behind one whose input has ended early', [silent(3), full(2), short(1)], 'tar'],
    ['its writer that broke on the pipe explains nothing', [broken(2), short(1)], 'zstd'],
    ['nor does one that palhm has stopped', [stopped(2), short(1)], 'zstd'],
  ] as const)
    test(title, () => {
      const found = findCulprit(stages);
      assert.deepEqual(found?.exec, execPlan([culprit]));
    });

  test('one that closes its stdout, and fails only when its reader has ended, is told', async () => {
    const bench = openBench();
    const fifo = join(bench.directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const failure = await bench.failureOf([
      shell(
        `exec >&-; read pid <${fifo}; while [ -d /proc/$pid ]; do :; done; echo 'No secret key' >&2; exit 2`,
      ),
      shell(`echo $$ >${fifo}; exec gzip -dc`),
    ]);
    assert.match(failure.message, /^stage 1 of 2, bash, exited with status 2/);
    assert.ok(failure.details.includes('| No secret key'));
    bench.close();
  });
});
