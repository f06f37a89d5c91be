import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSmallFile } from '../../src/host/small-file.js';
import { makeScratch, makeTree } from '../rig/scratch.js';

const KIB = 1024;

function makeFifo(): string {
  const path = join(makeScratch(), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

/** Whether this process has the file open. */
function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}

test('the bytes of a file are read as they are, up to the bound', async () => {
  const path = join(makeTree({ secret: '' }), 'secret');
  const bytes = Buffer.from([0x70, 0xe4, 0, ...Buffer.alloc(200 * KIB, 1)]);
  writeFileSync(path, bytes);
  assert.deepEqual(await readSmallFile(path, { largest: bytes.length }), bytes);
  await assert.rejects(readSmallFile(path, { largest: bytes.length - 1 }), { code: 'EFBIG' });
  assert(!isOpen(path));
});

test('a file of which the system knows no size is read to its end', async () => {
  const bytes = await readSmallFile('/proc/self/status', { largest: 64 * KIB });
  assert.match(bytes.toString(), /^Name:/);
  assert.equal((await readSmallFile('/dev/null', { largest: 1 })).length, 0);
});

test('a device without an end is larger than the bound', async () => {
  await assert.rejects(readSmallFile('/dev/zero', { largest: 300 * KIB, mayBePipe: true }), {
    code: 'EFBIG',
    message: 'it is larger than 300.0 KiB',
  });
});

test('errors of the system pass', async () => {
  const { signal } = new AbortController();
  const root = makeTree({ file: '' });
  symlinkSync('file', join(root, 'link'));
  const read = (path: string, mayBeLink = true) =>
    readSmallFile(path, { largest: 1, signal, mayBeLink });
  await assert.rejects(read(join(root, 'nothing')), { code: 'ENOENT' });
  await assert.rejects(read(root), { code: 'EISDIR' });
  assert.equal((await read(join(root, 'link'))).length, 0);
  await assert.rejects(read(join(root, 'link'), false), { code: 'ELOOP' });
  const socket = createServer().listen(join(root, 'socket'));
  await assert.rejects(read(join(root, 'socket')), { code: 'ENXIO' });
  socket.close();
});

test('a FIFO is refused at once where a pipe makes no sense', async () => {
  const path = makeFifo();
  await assert.rejects(readSmallFile(path, { largest: 1 }), {
    code: 'ENXIO',
    message: 'it is not a regular file',
  });
  assert(!isOpen(path));
});

test('a FIFO that may be read is waited for, until its last writer has closed it', async () => {
  const path = makeFifo();
  const reading = readSmallFile(path, { largest: KIB, mayBePipe: true });
  // Opening it to write waits for the reader.
  execFileSync('sh', ['-c', 'exec 3>"$1"; echo one >&3; echo two >&3', 'sh', path]);
  assert.equal((await reading).toString(), 'one\ntwo\n');
});

test('a FIFO with more than the bound is left', async () => {
  const path = makeFifo();
  const reading = readSmallFile(path, { largest: KIB, mayBePipe: true });
  appendFileSync(path, Buffer.alloc(2 * KIB));
  await assert.rejects(reading, { code: 'EFBIG' });
});

test('the wait for a FIFO ends with the signal', async () => {
  const path = makeFifo();
  const stop = new AbortController();
  const file = { largest: 1024 * KIB, signal: stop.signal, mayBePipe: true };
  const reading = readSmallFile(path, file);
  const writer = await open(path, 'w');
  // More than a pipe holds: it is read.
  await writer.writeFile(Buffer.alloc(100 * KIB));
  stop.abort(new Error('stopped'));
  await assert.rejects(reading, { message: 'stopped' });
  await assert.rejects(writer.writeFile(Buffer.alloc(100 * KIB)), { code: 'EPIPE' });
  await writer.close();
  await assert.rejects(readSmallFile(path, { largest: KIB, signal: stop.signal }), {
    message: 'stopped',
  });
});

test('a terminal is read like a pipe', () => {
  const module = new URL('../../src/host/small-file.js', import.meta.url).href;
  const script = `import('${module}').then(async ({ readSmallFile }) => {
    const bytes = await readSmallFile('/dev/tty', { largest: 9, mayBePipe: true });
    console.log('read ' + bytes.length);
  })`;
  const output = execFileSync('script', ['-qec', `node -e "${script}"`, '/dev/null'], {
    input: 'word\n\u0004',
    encoding: 'utf8',
  });
  assert.match(output, /read 5/);
});
