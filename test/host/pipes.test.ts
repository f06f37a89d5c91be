import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { openPipe } from '../../src/host/pipes.js';

test('a pipe is a FIFO of the kernel that carries bytes and ends when its writer is closed', async () => {
  const { readEnd, writeEnd } = await openPipe();
  assert.ok(fstatSync(readEnd).isFIFO());
  writeSync(writeEnd, 'over');
  closeSync(writeEnd);
  const buffer = Buffer.alloc(10);
  assert.equal(readSync(readEnd, buffer), 4);
  assert.equal(readSync(readEnd, buffer), 0);
  closeSync(readEnd);
});

test('programs that open /dev/stdout, /dev/stderr and /dev/stdin work on it, also when the writer has ended', async () => {
  const { readEnd, writeEnd } = await openPipe();
  const wrote = spawnSync('bash', ['-c', 'echo out >/dev/stdout; echo err >/dev/stderr'], {
    stdio: ['ignore', writeEnd, writeEnd],
  });
  assert.equal(wrote.status, 0);
  closeSync(writeEnd);
  // On a FIFO this open would wait for a writer for ever.
  const read = spawnSync('cp', ['/dev/stdin', '/dev/null'], {
    stdio: [readEnd, 'ignore', 'inherit'],
    timeout: 10_000,
  });
  closeSync(readEnd);
  assert.equal(read.status, 0);
});

test('forty pipes at once are forty different ones', async () => {
  const pipes = await Promise.all(Array.from({ length: 40 }, () => openPipe()));
  assert.equal(new Set(pipes.map(({ readEnd }) => fstatSync(readEnd).ino)).size, 40);
  for (const { readEnd, writeEnd } of pipes) {
    closeSync(readEnd);
    closeSync(writeEnd);
  }
});
