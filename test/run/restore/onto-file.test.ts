/** `palhm restore --onto` a file, and what is no place for a disk. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { run } from '../../rig/btrfs.js';
import { DISK, MIB, NUMBERS } from '../../rig/disk-object.js';
import { whyNoLoop } from '../../rig/loop.js';
import { type Ended, startPalhm } from '../../rig/palhm.js';
import {
  assertFailed,
  flipByte,
  makeRestoreSite,
  type RestoreSite,
} from '../../rig/restore-site.js';

let site: RestoreSite;
let copy: string;
beforeEach(async () => {
  site = makeRestoreSite();
  copy = await site.backup({ objects: [DISK] });
});
afterEach(() => site.remove());

const onto = (place: string, ...more: string[]): Promise<Ended> =>
  site.restore('--yes', '--onto', place, ...more);

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
  test('replaces nothing without --force, follows no link, and does not write into a copy', async () => {
    writeFileSync(place(), 'old');
    assertFailed(await onto(place()), 1, /TARGET_EXISTS/, /disk\.raw is there already/);
    assertFailed(await site.restore('--onto', place(), '--force'), 2, /nobody to ask/);
    assert.equal(readFileSync(place(), 'utf8'), 'old');
    const link = join(site.directory, 'link');
    symlinkSync(place(), link);
    for (const one of [link, site.directory, '/proc/self/mem'])
      assertFailed(await onto(one, '--force'), 1, /is no file, nor a device|EACCES|ENOENT/);
    assertFailed(await onto(join(copy, 'new')), 1, /is inside the copy that is restored/);
    await site.backup({ objects: [DISK] });
    const object = join(copy, 'disk.gz');
    const before = readFileSync(object);
    for (const one of [object, join(copy, 'new')])
      assertFailed(await onto(one, '--force'), 1, /is inside the copy \//);
    assert.deepEqual(readFileSync(object), before);
    const lock = join(site.root, '.palhm-lock');
    assertFailed(await onto(lock, '--force'), 1, /which is palhm's own/);
    assert.ok(statSync(lock).size < 1000);
    assertFailed(await site.restore('--to', copy), 1, /is inside the copy/);
    assert.deepEqual(
      readdirSync(copy).filter((name) => name[0] !== '.'),
      ['disk.gz'],
    );
    assert.equal((await onto(place(), '--force')).code, 0);
    assert.ok(readFileSync(place()).equals(NUMBERS));
  });
  test('does not replace the disk of a machine', async () => {
    writeFileSync(place(), Buffer.alloc(MIB));
    const machine = spawn('sh', ['-c', 'exec 9<>"$0"; echo; exec cat', place()]);
    const ended = once(machine, 'exit');
    await once(machine.stdout, 'data');
    assertFailed(await onto(place(), '--force'), 1, /is in use/, /process \d+ \(cat\) has .*disk/);
    machine.kill();
    await ended;
    if (whyNoLoop() === false) {
      const device = run('losetup', '--find', '--show', place());
      assertFailed(await onto(place(), '--force'), 1, new RegExp(`${device} is a loop device on`));
      run('losetup', '--detach', device);
    }
    assert.deepEqual(readFileSync(place()), Buffer.alloc(MIB));
    assert.equal((await onto(place(), '--force')).code, 0);
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
