/** Stages that run as another user. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { after, suite, test } from 'node:test';
import { execPlan, shell } from '../rig/plans.js';
import { makeScratch } from '../rig/scratch.js';
import { openBench } from './bench.js';

const bench = openBench();
const { run, written } = bench;
after(bench.close);
const NOBODY = { user: 'nobody' };

suite('a stage of another user', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  test('may open its stdin, stdout and stderr again, between stages of other users', async () => {
    await run([
      shell('echo "first $(id -un)" >/dev/stdout'),
      shell('cat /dev/stdin >/proc/self/fd/1; id -un >>/dev/stdout; echo x >/dev/stderr', NOBODY),
      execPlan(['cp', '/dev/stdin', '/dev/stdout'], { user: 'daemon' }),
      // The descriptor of this test is a file.
      execPlan(['cat']),
    ]);
    assert.equal(written(), 'first root\nnobody\n');
  });
  test('starts in / when it may not enter the directory that palhm is in, else there', async () => {
    const before = process.cwd();
    const directory = makeScratch();
    try {
      process.chdir(directory);
      await run([execPlan(['pwd'], NOBODY)]);
      assert.equal(written(), '/\n');
      await run([execPlan(['pwd'], { ...NOBODY, cwd: '/usr' })]);
      assert.equal(written(), '/usr\n');
      await run([execPlan(['pwd'])]);
      assert.equal(written(), `${directory}\n`);
      // A user that has not been asked for yet.
      chmodSync(directory, 0o711);
      await run([execPlan(['pwd'], { user: 'daemon' })]);
      assert.equal(written(), `${directory}\n`);
    } finally {
      process.chdir(before);
    }
  });
});
