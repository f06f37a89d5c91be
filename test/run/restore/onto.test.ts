/** `palhm restore --onto` a block device, and all that it must not overwrite. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { createThreads } from '../../../src/host/threads/threads.js';
import { confirmWritten } from '../../../src/run/restore/image/write-image.js';
import { run } from '../../rig/btrfs.js';
import { DISK, MIB, NUMBERS } from '../../rig/disk-object.js';
import { type Loop, makeLoop, whyNoLoop } from '../../rig/loop.js';
import type { Ended } from '../../rig/palhm.js';
import {
  assertFailed,
  flipByte,
  makeRestoreSite,
  type RestoreSite,
} from '../../rig/restore-site.js';

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
  test('refuses a part of a disk that is in use as a whole, and what shares its file', async () => {
    const disk = makeDisk(8 * MIB);
    run('addpart', disk.device, '1', '4096', '8192');
    undo.push(() => void run('delpart', disk.device, '1'));
    const part = `${disk.device}p1`;
    const name = basename(disk.device);
    const numbers = readFileSync(`/sys/block/${name}/${name}p1/dev`, 'utf8').trim().split(':');
    if (!existsSync(part)) {
      run('mknod', part, 'b', ...numbers);
      undo.push(() => rmSync(part));
    }
    assert.equal((await onto(part)).code, 0);
    const machine = spawn('sh', ['-c', 'exec 9<>"$0"; echo; exec cat', disk.device]);
    const ended = once(machine, 'exit');
    await once(machine.stdout, 'data');
    const before = readFileSync(disk.file);
    const whole = new RegExp(`process \\d+ \\(cat\\) has ${disk.device} open for writing`);
    assertFailed(await onto(part, '--force'), 1, /TARGET_UNUSABLE/, whole);
    machine.kill();
    await ended;
    const other = run('losetup', '--find', '--show', '--offset', '4096', disk.device);
    undo.push(() => void run('losetup', '--detach', other));
    const onWhole = new RegExp(`${other} is a loop device on ${disk.device}`);
    assertFailed(await onto(part, '--force'), 1, onWhole);
    const same = run('losetup', '--find', '--show', disk.file);
    undo.push(() => void run('losetup', '--detach', same));
    const onFile = new RegExp(`${same} is a loop device on ${disk.file}`);
    for (const one of [disk.device, part]) assertFailed(await onto(one, '--force'), 1, onFile);
    assertUntouched(disk, before);
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
    const link = join(site.directory, 'devices');
    symlinkSync('/dev', link);
    for (const to of ['/dev', '//dev', '/tmp/../dev', link]) {
      assertFailed(await onto(`${to}/no-such-disk`), 1, /there is no \/dev\/no-such-disk/);
      assert.ok(!existsSync('/dev/no-such-disk'));
    }
    const file = join('/dev/..', site.directory, 'disk.raw');
    assert.equal((await onto(file)).code, 0);
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
