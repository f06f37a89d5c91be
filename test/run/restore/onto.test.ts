/** `palhm restore --onto`: onto block devices and into files, and all that it must not overwrite. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { createThreads } from '../../../src/host/threads/threads.js';
import { confirmWritten } from '../../../src/run/restore/image/write-image.js';
import { run } from '../../rig/btrfs.js';
import { type Loop, makeLoop, whyNoLoop } from '../../rig/loop.js';
import { type Ended, startPalhm } from '../../rig/palhm.js';
import {
  assertFailed,
  flipByte,
  makeRestoreSite,
  type RestoreSite,
} from '../../rig/restore-site.js';

const MIB = 1024 * 1024;
const DISK = { path: 'disk.gz', stages: ['seq 400000', 'gzip -n'], inverses: [null, 'gzip -d'] };
const NUMBERS = Buffer.from(
  `${Array.from({ length: 400_000 }, (_, index) => index + 1).join('\n')}\n`,
);

let site: RestoreSite;
let copy: string;
let loop: Loop | undefined;
const undo: (() => void)[] = [];
beforeEach(async () => {
  site = makeRestoreSite();
  copy = await site.backup({ objects: [DISK] });
});
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
  loop?.remove();
  loop = undefined;
  site.remove();
});

const onto = (place: string, ...more: string[]): Promise<Ended> =>
  site.restore('--yes', '--onto', place, ...more);

/** A disk that is full of one letter: whatever is written to it shows. */
function makeDisk(bytes = 4 * MIB, ...options: string[]): Loop {
  loop = makeLoop(bytes, ...options);
  writeFileSync(loop.file, Buffer.alloc(bytes, 'x'));
  return loop;
}

function assertUntouched({ device, file }: Loop, before: Buffer): void {
  run('blockdev', '--flushbufs', device);
  assert.ok(readFileSync(file).equals(before), 'something was written');
}

suite('restore --onto a block device', { skip: whyNoLoop() }, () => {
  test('writes the object there, and nothing behind it', async () => {
    const { device, file } = makeDisk();
    const { code, stderr } = await onto(device);
    assert.equal(code, 0, stderr);
    const bytes = readFileSync(file);
    assert.ok(bytes.subarray(0, NUMBERS.length).equals(NUMBERS));
    assert.ok(
      bytes.subarray(NUMBERS.length).equals(Buffer.alloc(bytes.length - NUMBERS.length, 'x')),
    );
  });
  test('writes the stored bytes with --raw', async () => {
    const { device, file } = makeDisk();
    assert.equal((await onto(device, '--raw')).code, 0);
    const stored = readFileSync(join(copy, 'disk.gz'));
    assert.ok(readFileSync(file).subarray(0, stored.length).equals(stored));
  });
  test('asks for a yes, and overwrites what it knows only with --force', async () => {
    const disk = makeDisk();
    const blank = readFileSync(disk.file);
    const unasked = await site.restore('--onto', disk.device);
    assertFailed(unasked, 2, /what --onto overwrites is lost, and there is nobody to ask/);
    assertUntouched(disk, blank);
    run('mkfs.ext4', '-q', '-L', 'precious', disk.device);
    const before = readFileSync(disk.file);
    assertFailed(
      await onto(disk.device),
      1,
      /TARGET_EXISTS/,
      /holds ext4 precious/,
      /with --force/,
    );
    assertUntouched(disk, before);
    assert.equal((await onto(disk.device, '--force')).code, 0);
  });
  const refused = async (disk: Loop, ...words: RegExp[]): Promise<void> => {
    run('blockdev', '--flushbufs', disk.device);
    const before = readFileSync(disk.file);
    assertFailed(await onto(disk.device, '--force'), 1, /TARGET_UNUSABLE/, ...words);
    assertUntouched(disk, before);
  };
  test('refuses one that is mounted, whatever it is told', async () => {
    const disk = makeDisk();
    run('mkfs.ext4', '-q', '-F', disk.device);
    const at = join(site.directory, 'mounted');
    mkdirSync(at);
    run('mount', disk.device, at);
    undo.push(() => void run('umount', at));
    run('sync', '-f', at);
    const ended = await onto(disk.device, '--force');
    assertFailed(
      ended,
      1,
      /is in use/,
      new RegExp(`it is mounted on ${at}`),
      /Nothing was written/,
    );
    assert.deepEqual(readdirSync(at), ['lost+found']);
  });
  test('refuses one that a loop device is on', async () => {
    const disk = makeDisk();
    const other = run('losetup', '--find', '--show', disk.device);
    undo.push(() => void run('losetup', '--detach', other));
    await refused(disk, new RegExp(`${other} is a loop device on it`));
  });
  test('refuses one that a program has open for writing, as a machine has its disk', async () => {
    const disk = makeDisk();
    const holder = spawn('sh', ['-c', 'exec 9<>"$0"; echo; exec cat', disk.device]);
    undo.push(() => void holder.kill());
    await once(holder.stdout, 'data');
    await refused(disk, /process \d+ \(cat\) has it open for writing/);
  });
  test('refuses one that is too small, before anything is written', async () => {
    await refused(makeDisk(MIB), /is too small: it has 1\.0 MiB .*, and the object 2\.\d MiB/);
  });
  test('refuses one that is read-only', async () => {
    await refused(makeDisk(4 * MIB, '--read-only'), /is read-only/);
  });
  test('writes nothing of a copy that is damaged', async () => {
    const disk = makeDisk();
    const before = readFileSync(disk.file);
    flipByte(join(copy, 'disk.gz'), 5000);
    const ended = await onto(disk.device);
    assertFailed(ended, 4, /COPY_DAMAGED/, /Nothing was written to the block device/);
    assertUntouched(disk, before);
  });
  test('says what is lost when it fails half-way', async () => {
    const disk = makeDisk();
    // The second time that it is decoded it fails.
    const mark = join(site.directory, 'mark');
    const inverses = [
      null,
      `if mkdir ${mark} 2>/dev/null; then gzip -d; else head -c 9; exit 3; fi`,
    ];
    await site.backup({ objects: [{ ...DISK, inverses }] });
    assertFailed(
      await onto(disk.device),
      1,
      /STAGE_FAILED/,
      /What was on the block device .* is lost/,
    );
  });
  test('takes no other file of /dev for one, and makes none there', async () => {
    assertFailed(await onto('/dev/null'), 1, /\/dev\/null is no block device/);
    assertFailed(await onto('/dev/no-such-disk'), 1, /ENOENT/);
    assert.ok(!existsSync('/dev/no-such-disk'));
  });
  test('is no success when the disk holds something else than was written', async () => {
    const { device } = makeDisk();
    assert.equal((await onto(device)).code, 0);
    const threads = createThreads();
    undo.push(() => void threads.close());
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(NUMBERS).digest('hex');
    const image = { description: device, reopen: (flags: number) => open(device, flags) };
    const { signal } = new AbortController();
    const confirm = () =>
      confirmWritten(image, { size: NUMBERS.length, sha256 }, { threads, signal });
    await confirm();
    const fd = openSync(device, 'r+');
    writeSync(fd, '!', NUMBERS.length - 3);
    closeSync(fd);
    await assert.rejects(confirm, /does not hold what was written to it/);
  });
});

suite('restore --onto a file', () => {
  const place = (): string => join(site.directory, 'disk.raw');
  test('makes it, with holes where it is empty', async () => {
    const stages = ['truncate -s 8M "$0" && cat "$0" && seq 400000', 'gzip -n'];
    const empty = join(site.directory, 'empty');
    await site.backup({
      objects: [{ ...DISK, stages: [stages[0]?.replaceAll('$0', empty) ?? '', 'gzip -n'] }],
    });
    const { code, stderr } = await site.restore('--onto', place());
    assert.equal(code, 0, stderr);
    assert.ok(
      readFileSync(place())
        .subarray(8 * MIB)
        .equals(NUMBERS),
    );
    assert.ok(statSync(place()).blocks * 512 < 4 * MIB);
    assert.equal(statSync(place()).mode & 0o777, 0o666 & ~process.umask());
    assert.deepEqual(
      readdirSync(site.directory).filter((name) => name.startsWith('.')),
      [],
    );
  });
  test('replaces nothing without --force, follows no link, and does not write into the copy', async () => {
    writeFileSync(place(), 'old');
    assertFailed(await onto(place()), 1, /TARGET_EXISTS/, /disk\.raw is there already/);
    assertFailed(await site.restore('--onto', place(), '--force'), 2, /nobody to ask/);
    assert.equal(readFileSync(place(), 'utf8'), 'old');
    const link = join(site.directory, 'link');
    symlinkSync(place(), link);
    for (const one of [link, site.directory, '/proc/self/mem'])
      assertFailed(await onto(one, '--force'), 1, /is no file, nor a device|EACCES|ENOENT/);
    assertFailed(await onto(join(copy, 'new')), 1, /is inside the copy that is restored/);
    assert.equal((await onto(place(), '--force')).code, 0);
    assert.ok(readFileSync(place()).equals(NUMBERS));
  });
  test('leaves nothing when it fails, and keeps what it should have replaced', async () => {
    writeFileSync(place(), 'old');
    flipByte(join(copy, 'disk.gz'), 5000);
    assertFailed(await onto(place(), '--force'), 4, /COPY_DAMAGED/);
    assert.equal(readFileSync(place(), 'utf8'), 'old');
    assert.deepEqual(
      readdirSync(site.directory).filter((name) => name.startsWith('.')),
      [],
    );
  });
  test('uses again what a dead restore has left, and nothing that is not its own', async () => {
    const stuck = [null, 'gzip -d; exec sleep 60'];
    await site.backup({ objects: [{ ...DISK, inverses: stuck }] });
    const palhm = startPalhm([
      '-f',
      site.config,
      '--log-format',
      'json',
      'restore',
      '--onto',
      place(),
    ]);
    assert.ok(await palhm.event('restore-started'));
    palhm.child.kill('SIGKILL');
    await palhm.ended;
    const left = join(site.directory, '.disk.raw.palhm-restore');
    assert.ok(existsSync(left));
    await site.backup({ objects: [DISK] });
    const { code, stderr } = await site.restore('--onto', place());
    assert.equal(code, 0, stderr);
    assert.match(stderr, /the unfinished disk/);
    assert.ok(readFileSync(place()).equals(NUMBERS));
    const precious = join(site.directory, 'precious');
    writeFileSync(precious, 'x');
    linkSync(precious, left);
    assertFailed(await onto(place(), '--force'), 1, /palhm has not made it/);
    assert.equal(readFileSync(precious, 'utf8'), 'x');
  });
});

test('restore --onto takes one object and a place that can be one', async () => {
  await site.backup({ objects: [DISK, { path: 'b', stages: ['true'] }] });
  assertFailed(
    await onto(join(site.directory, 'd')),
    2,
    /--onto takes one object, and these are 2/,
  );
  for (const wrong of ['', 'lvm:', 'lvm:vg', 'lvm:vg/', 'lvm:vg/a/b', 'lvm:-x/y'])
    assertFailed(await onto(wrong, '--object', 'b'), 2, /names no place for a disk|names no/);
});
