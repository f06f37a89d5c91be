import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { closePipes, openPipe, openPipes } from '../../src/host/pipes.js';
import { makeScratch } from '../rig/scratch.js';

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
  // On a FIFO this open would wait for ever for a writer.
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

test('when the descriptors run out, those that were opened are closed again', async () => {
  const before = countPipes();
  limitDescriptors(`${readdirSync('/proc/self/fd').length + 40}`);
  try {
    await assert.rejects(openPipes(60), {
      code: 'STAGE_NOT_STARTED',
      hint: /raise the limit of open files/,
    });
    // There may be fewer pipes than before, because some came from the stock.
    assert.ok(countPipes() <= before, `${countPipes()} instead of ${before}`);
  } finally {
    limitDescriptors('4096');
  }
  const pipes = await openPipes(60);
  assert.equal(pipes.length, 60);
  closePipes(pipes);
});

const MODULE = JSON.stringify(new URL('../../src/host/pipes.js', import.meta.url).href);
const OFTEN = `import { execFileSync } from 'node:child_process';
  import { readdirSync } from 'node:fs';
  import { openPipe } from ${MODULE};
  const count = () => readdirSync('/proc/self/fd').length;
  const failed = [];
  const fail = () => openPipe().catch(({ code }) => failed.push(code));
  execFileSync('prlimit', ['--nofile=' + (count() + 4) + ':', '--pid', process.pid]);
  const before = count();
  for (let index = 0; index < 20; index++) await fail();
  console.log(failed.length, count() - before);`;

test('a pipe that cannot be made for want of descriptors costs none, however often that is tried', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', OFTEN], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(stdout, '20 0\n', stderr);
});

const FORTY = `import { openPipes } from ${MODULE};
  await openPipes(40).then((pipes) => console.log(pipes.length), ({ code }) => console.log(code));`;

/** What a process prints that opens forty pipes, where this is `sh`. */
function openFortyBy(makeShell: (path: string) => void): string {
  const directory = makeScratch();
  makeShell(join(directory, 'sh'));
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', FORTY], {
    env: { PATH: directory },
    encoding: 'utf8',
    timeout: 60_000,
  });
  rmSync(directory, { recursive: true });
  return stdout.trim() || stderr;
}

for (const shell of ['bash', 'busybox'])
  test(`${shell} makes them, too`, () => {
    assert.equal(
      openFortyBy((path) => symlinkSync(`/bin/${shell}`, path)),
      '40',
    );
  });

test('a shell that does not answer is a failure, not an endless wait', () => {
  const sleeper = (path: string): void =>
    writeFileSync(path, '#!/bin/sh\nexec /bin/sleep 600\n', { mode: 0o755 });
  assert.equal(openFortyBy(sleeper), 'STAGE_NOT_STARTED');
});

test('a signal ends the wait for a shell that does not answer', () => {
  const module = new URL('../../src/host/pipes.js', import.meta.url).href;
  const script = `import { openPipe } from '${module}';
    const stop = new AbortController();
    const opening = openPipe(stop.signal);
    stop.abort(new Error('stopped'));
    await opening.catch(({ message }) => console.log(message));
    process.exit();`;
  const directory = makeScratch();
  writeFileSync(join(directory, 'sh'), '#!/bin/sh\nexec /bin/sleep 10\n', { mode: 0o755 });
  const started = performance.now();
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: directory },
    encoding: 'utf8',
  });
  assert.equal(stdout, 'stopped\n');
  assert.ok(performance.now() - started < 5000);
});

function limitDescriptors(soft: string): void {
  const { status } = spawnSync('prlimit', ['--pid', `${process.pid}`, `--nofile=${soft}:`]);
  assert.equal(status, 0);
}

function countPipes(): number {
  return readdirSync('/proc/self/fd').filter(isPipe).length;
}

/** The descriptor that the listing itself used is closed now: readlink fails. */
function isPipe(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
  } catch {
    return false;
  }
}
