/** What only snapshots of btrfs have, beside the contract. Needs root; Debian packages: btrfs-progs, mount, util-linux. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { BtrfsPlan } from '../../../src/config/plan/snapshots/sources.js';
import type { Failure } from '../../../src/failure/failure.js';
import type { Snapshot } from '../../../src/snapshot/provider.js';
import { checkSource, openProvider } from '../../../src/snapshot/registry.js';
import { type Btrfs, holdDirectory, makeBtrfs, run, whyNoBtrfs } from '../../rig/btrfs.js';
import { makeScratch } from '../../rig/scratch.js';

const DEAD = `.palhm-snapshot.${randomUUID()}.0`;

describe('a snapshot of btrfs', { skip: whyNoBtrfs() }, () => {
  let btrfs: Btrfs;
  let directory: string;
  let plan: BtrfsPlan;
  beforeEach(() => {
    btrfs = makeBtrfs();
    directory = join(btrfs.top, 'snapshots');
    mkdirSync(directory);
    plan = { type: 'btrfs', subvolume: btrfs.data, directory };
  });
  afterEach(() => btrfs.remove());

  const { signal } = new AbortController();
  const take = async (source = plan, stop = signal): Promise<Snapshot> =>
    await (await openProvider(source)).take({ run: randomUUID(), number: 0 }, stop);
  const paths = (): readonly string[] =>
    run('btrfs', 'subvolume', 'list', btrfs.top)
      .split(/\n(?=ID )/)
      .map((line) => line.replace(/^.* path /, ''));

  it('names the subvolumes in its source, wherever it is made itself', async () => {
    for (const name of ['b', 'a\nb', 'b/deep'])
      run('btrfs', 'subvolume', 'create', join(btrfs.data, name));
    for (const source of [plan, { ...plan, directory: btrfs.data }]) {
      const beside = await take({ ...plan, directory: btrfs.data });
      const snapshot = await take(source);
      assert.deepEqual(snapshot.gaps.toSorted(), [
        'data/a\nb, a subvolume of its own, is not in the snapshot',
        'data/b, a subvolume of its own, is not in the snapshot',
      ]);
      await snapshot.release();
      await beside.release();
    }
  });

  it('is removed where it has gone with its directory', async () => {
    const snapshot = await take();
    renameSync(directory, join(btrfs.top, 'moved'));
    assert.equal(paths().length, 2);
    await snapshot.release();
    assert.deepEqual(paths(), ['data']);
  });

  /** As a unit of systemd with ProtectSystem=strict sees it. */
  const readOnly = (options: string): string => {
    const at = btrfs.mountAgain(options);
    run('mount', '-o', 'remount,bind,ro', at);
    return at;
  };

  it('is removed by the directory that it was made in, where its source is mounted read-only', async () => {
    const source = { ...plan, subvolume: readOnly('subvol=data') };
    const snapshot = await take(source);
    await snapshot.release();
    assert.deepEqual(paths(), ['data']);
    run('btrfs', 'subvolume', 'snapshot', '-r', btrfs.data, join(directory, DEAD));
    const provider = await openProvider(source);
    assert.deepEqual(await provider.tidy(signal), [
      { what: `the snapshot ${join(directory, DEAD)}` },
    ]);
    assert.deepEqual(paths(), ['data']);
  });

  it('of a dead palhm that cannot be removed is named, with what to do', async () => {
    run('btrfs', 'subvolume', 'snapshot', '-r', btrfs.data, join(directory, DEAD));
    const there = join(readOnly('subvolid=5'), 'snapshots');
    const subvolume = readOnly('subvol=data');
    const provider = await openProvider({ ...plan, subvolume, directory: there });
    await assert.rejects(provider.tidy(signal), (error: Failure) => {
      assert.equal(error.code, 'SNAPSHOT_FAILED');
      assert.match(
        error.message,
        new RegExp(`^the snapshot ${there}/${DEAD} could not be removed`),
      );
      assert.match(error.details.join(), /Read-only file system.*ReadWritePaths=/);
      assert.match(String(error.hint), /btrfs subvolume delete/);
      return true;
    });
  });

  it('that somebody has removed or moved shows nothing any more', async () => {
    for (const lose of [
      (path: string) => run('btrfs', 'subvolume', 'delete', path),
      (path: string) => renameSync(path, join(directory, 'moved')),
    ]) {
      const snapshot = await take();
      await snapshot.confirm?.();
      lose(String(snapshot.facts.path));
      await assert.rejects(async () => snapshot.confirm?.(), {
        code: 'SNAPSHOT_LOST',
        message: /was (?:removed|moved)/,
      });
      await snapshot.release();
      assert.deepEqual(paths(), ['data']);
    }
  });

  it('may be gone, with its directory', async () => {
    const snapshot = await take();
    run('btrfs', 'subvolume', 'delete', String(snapshot.facts.path));
    run('rmdir', directory);
    await snapshot.release();
  });

  it('removes nothing of a file system that has come over its directory', async () => {
    const other = makeBtrfs();
    const snapshot = await take();
    const id = run(
      'btrfs',
      'inspect-internal',
      'rootid',
      join(directory, String(readdirSync(directory)[0])),
    );
    for (let made = ''; made !== id; ) {
      const precious = join(other.top, `precious-${made}`);
      run('btrfs', 'subvolume', 'create', precious);
      made = run('btrfs', 'inspect-internal', 'rootid', precious);
    }
    const before = run('btrfs', 'subvolume', 'list', other.top);
    run('mount', '--bind', other.top, directory);
    await snapshot.release().finally(() => run('umount', directory));
    assert.equal(run('btrfs', 'subvolume', 'list', other.top), before);
    assert.deepEqual(paths(), ['data']);
    other.remove();
  });

  it('cannot be taken on a full file system, and leaves nothing', async () => {
    assert.throws(() => run('dd', 'if=/dev/zero', `of=${btrfs.data}/fill`, 'bs=64k'), /No space/);
    await assert.rejects(take(), (error: Error & { details?: readonly string[] }) => {
      assert.match(String(error.details), /No space left on device/);
      return 'code' in error && error.code === 'SNAPSHOT_FAILED';
    });
    assert.deepEqual(paths(), ['data']);
  });

  it('waits while another palhm has the directory, until a signal, which is the reason', async () => {
    const holder = await holdDirectory(directory);
    const stop = new AbortController();
    const reason = new Error('stopped by the test');
    const taking = take(plan, stop.signal);
    await holder.untilWaiting();
    stop.abort(reason);
    await assert.rejects(taking, (error) => error === reason);
    const again = take();
    await holder.untilWaiting();
    holder.end();
    await (await again).release();
    assert.deepEqual(paths(), ['data']);
  });

  it('is found impossible, with the reason', async () => {
    const file = join(btrfs.top, 'file');
    writeFileSync(file, '');
    const elsewhere = makeScratch();
    const problemsOf = async (more: Partial<BtrfsPlan>): Promise<readonly string[]> =>
      (await checkSource({ ...plan, ...more })).map(({ message }) => message);
    const { data } = btrfs;
    assert.deepEqual(await problemsOf({ subvolume: '/not/there' }), ['There is no /not/there.']);
    for (const subvolume of [directory, file, elsewhere])
      assert.deepEqual(await problemsOf({ subvolume }), [
        `${subvolume} is not a subvolume of btrfs.`,
      ]);
    for (const wrong of ['/not/there', file])
      assert.deepEqual(await problemsOf({ directory: wrong }), [
        `There is no directory ${wrong} for the snapshots.`,
      ]);
    assert.deepEqual(await problemsOf({ directory: elsewhere }), [
      `${elsewhere} is not on the btrfs of ${data}.`,
    ]);
  });
});
