/** What a program prints is read at the speed of the log, and its last words are not lost. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { type LogTraits, readOutput } from '../../src/exec/read-output.js';
import { openPipe } from '../../src/host/pipes.js';

const KIB = 1024;

async function startReading(log?: LogTraits) {
  const { readEnd, writeEnd } = await openPipe();
  const lines: string[] = [];
  const output = readOutput(readEnd, { redact: String, onLine: (line) => lines.push(line), log });
  return { lines, output, writeEnd };
}

test('last words are read although palhm was busy when their time was over', async () => {
  const { lines, output, writeEnd } = await startReading();
  writeSync(writeEnd, `${'x'.repeat(99)}\n`.repeat(600));
  const tail = output.tail(1);
  for (const until = performance.now() + 50; performance.now() < until; );
  assert.ok((await tail).length > 30 * KIB);
  assert.ok(lines.length > 500);
  closeSync(writeEnd);
});

test('a process that is left behind and prints without end is not waited for', async () => {
  const { output, writeEnd } = await startReading();
  const left = spawn('yes', { stdio: ['ignore', writeEnd, 'ignore'] });
  const exited = once(left, 'exit');
  closeSync(writeEnd);
  assert.match(await output.tail(20), /^y\n/);
  assert.deepEqual(await exited, [null, 'SIGPIPE']);
});

test('no more is read while the log is full than it takes, and all of it when the program has ended', async () => {
  let asked = 0;
  let ask: () => void;
  const isAsked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const whenReady = (): Promise<void> => {
    asked += 1;
    ask();
    return new Promise(() => {});
  };
  const { lines, output, writeEnd } = await startReading({ takesAll: true, whenReady });
  writeSync(writeEnd, 'a line\n'.repeat(9 * KIB));
  await isAsked;
  assert.equal(lines.length, Math.floor((4 * KIB) / 7));
  closeSync(writeEnd);
  await output.tail(1000);
  assert.equal(lines.length, 9 * KIB);
  assert.equal(asked, 1);
});
