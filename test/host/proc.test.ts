/** What is read from /proc. Finding processes by run and by file is tested with the code that needs it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { openPipe } from '../../src/host/pipes.js';
import { findInSession, findPipeUsers, parseStat } from '../../src/host/proc.js';

test('the name of a program may hold anything', () => {
  const tail = '1 4700 4690 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 7 8';
  assert.deepEqual(parseStat(`4711 (a) S ) (b) R ${tail}\n`), {
    state: 'R',
    parent: 1,
    group: 4700,
    session: 4690,
    startTime: 123_456,
  });
});

test('the stat of this process is what ps says', () => {
  const { state, startTime } = parseStat(readFileSync('/proc/self/stat', 'utf8'));
  assert.equal(state, 'R');
  assert.ok(startTime > 0);
});

test('a session lives as long as a member of it does', async () => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  assert.deepEqual(
    (await findInSession(pid)).map((one) => one.pid),
    [pid],
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.deepEqual(await findInSession(pid), []);
});

test('who has a pipe open is found, and whether it writes, but for palhm itself', async () => {
  const { readEnd, writeEnd } = await openPipe();
  const pipe = readlinkSync(`/proc/self/fd/${readEnd}`);
  assert.deepEqual(await findPipeUsers(pipe), []);
  const reader = spawn('sleep', ['1000'], { stdio: [readEnd, 'ignore', 'ignore'] });
  const writer = spawn('sleep', ['1000'], { stdio: [readEnd, writeEnd, 'ignore'] });
  const users = await findPipeUsers(pipe);
  assert.deepEqual(
    users.map(({ pid, command, isWriter }) => ({ pid, command, isWriter })),
    [
      { pid: reader.pid, command: 'sleep', isWriter: false },
      { pid: writer.pid, command: 'sleep', isWriter: true },
    ],
  );
  for (const child of [reader, writer]) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  closeSync(readEnd);
  closeSync(writeEnd);
});
