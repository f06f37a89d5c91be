/** The program on roots that fill up, may not be written, or go away: small tmpfs and ext4 mounts, which only root can make. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { messageOf } from '../../src/failure/failure.js';
import { readWholeCopy } from '../rig/copies.js';
import { type Ended, runPalhm, startPalhm } from '../rig/palhm.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';

const SMALL = [{ path: 'small', stages: ['echo small'] }];
const FILL = 'head -c 64M /dev/zero';

interface Disk {
  readonly site: Site;
  /** Where it is mounted; the root is a directory below it. */
  readonly mount: string;
  readonly run: (...args: string[]) => Promise<Ended>;
  /** The hashes of every listed copy, read from the files. */
  readonly copies: () => Promise<Map<string, Map<string, string>>>;
}

type Mount = (mount: string) => void;

const mounts: Record<string, Mount> = {
  tmpfs: (mount) =>
    call('mount', '-t', 'tmpfs', '-o', 'size=8m,nr_inodes=100', 'palhm-test', mount),
  ext4: (mount) => {
    const image = `${mount}.image`;
    call('truncate', '-s', '12M', image);
    call('mkfs.ext4', '-q', '-F', '-m', '0', '-N', '128', image);
    call('mount', '-o', 'loop', image, mount);
  },
};

function call(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'pipe' });
}

/** A root on a file system of its own with one copy in it; undefined, and the test skipped, when it cannot be mounted. */
async function openDisk(context: TestContext, make: Mount): Promise<Disk | undefined> {
  const mount = mkdtempSync(join(tmpdir(), 'palhm-disk-'));
  const site = makeSite(join(mount, 'root'));
  context.after(() => {
    site.remove();
    unmount(mount);
    rmSync(mount, { recursive: true, force: true });
    rmSync(`${mount}.image`, { force: true });
  });
  try {
    make(mount);
  } catch (error) {
    context.skip(`cannot mount: ${messageOf(error)}`);
    return undefined;
  }
  const run = (...args: string[]): Promise<Ended> => runPalhm(['-f', site.config, ...args]);
  const copies = async (): ReturnType<Disk['copies']> => {
    const prefixes = await listPrefixes(site.config);
    return new Map(prefixes.map((prefix) => [prefix, readWholeCopy(site.root, prefix)]));
  };
  site.write({ objects: SMALL });
  const first = await run('run', 'backup');
  assert.equal(first.code, 0, first.stderr);
  return { site, mount, run, copies };
}

function unmount(mount: string): void {
  try {
    call('umount', mount);
  } catch {
    // Never mounted, or the test has done it.
  }
}

/** Nothing of the failed run is left, what was there is untouched, and the next run, with room again, succeeds. */
async function assertHarmless(
  disk: Disk,
  before: Awaited<ReturnType<Disk['copies']>>,
): Promise<void> {
  const { site } = disk;
  assert.deepEqual(await disk.copies(), before);
  assert.deepEqual(readdirSync(site.root).sort(), ['.palhm-lock', ...before.keys()]);
  for (const name of readdirSync(disk.mount).filter((one) => one.startsWith('fill'))) {
    rmSync(join(disk.mount, name));
  }
  site.write({ objects: SMALL });
  const next = await disk.run('run', 'backup');
  assert.equal(next.code, 0, next.stderr);
  assert.equal((await disk.copies()).size, before.size + 1);
}

for (const [name, make] of Object.entries(mounts)) {
  describe(name, () => {
    it('full in the middle of an object', async (context) => {
      const disk = await openDisk(context, make);
      if (disk === undefined) return;
      const before = await disk.copies();
      for (const stages of [
        [FILL],
        [FILL, 'cat'],
        [`${FILL} || true`, 'cat 2>/dev/null'],
        [`trap '' PIPE; ${FILL} 2>/dev/null; exit 0`],
        [`${FILL}; sleep 600`, 'cat'],
      ]) {
        disk.site.write({
          objects: [
            { path: 'a', stages: ['echo a'] },
            { path: 'big', stages },
          ],
        });
        const { code, stderr } = await disk.run('run', 'backup');
        assert.equal(code, 1, stderr);
        assert.match(stderr, /failed {2}object "big" in group "default" {2}SINK_FULL/);
        assert.match(stderr, /cannot write the object "big" in \S+: ENOSPC/);
        assert.match(stderr, /The copy was rolled back; nothing was stored\./);
      }
      await assertHarmless(disk, before);
    });

    it('an alloc-size that does not fit fails before the stage starts', async (context) => {
      const disk = await openDisk(context, make);
      if (disk === undefined) return;
      const before = await disk.copies();
      const proof = join(disk.site.directory, 'started');
      const stages = [`touch ${proof}`];
      disk.site.write({ objects: [{ path: 'big', stages, 'alloc-size': '1 GiB' }] });
      const { code, stderr } = await disk.run('run', 'backup');
      assert.equal(code, 1);
      assert.match(stderr, /SINK_FULL/);
      assert.match(stderr, /"big": its alloc-size is 1(\.0)? GiB, \d[\d.]* MiB are free in /);
      assert.equal(existsSync(proof), false);
      await assertHarmless(disk, before);
    });

    it('no inodes left', async (context) => {
      const disk = await openDisk(context, make);
      if (disk === undefined) return;
      const before = await disk.copies();
      while (statfsSync(disk.mount).ffree > 3) {
        writeFileSync(join(disk.mount, `fill${statfsSync(disk.mount).ffree}`), '');
      }
      const objects = ['a', 'b', 'c', 'd', 'e'].map((path) => ({ path, stages: ['echo a'] }));
      disk.site.write({ objects });
      const { code, stderr } = await disk.run('run', 'backup');
      assert.equal(code, 1);
      assert.match(stderr, /SINK_FULL/);
      assert.match(stderr, /ENOSPC/);
      await assertHarmless(disk, before);
    });

    it('full while the manifest is written', async (context) => {
      const disk = await openDisk(context, make);
      if (disk === undefined) return;
      const before = await disk.copies();
      const fill = `cat /dev/zero >${join(disk.mount, 'fill')} 2>/dev/null; echo x >&2`;
      // The manifest names a thousand arguments: more than what is left in the blocks that it is given.
      const stages = [`: ${'word '.repeat(20_000)}; ${fill}`];
      disk.site.write({ objects: [{ path: 'o', stages }] });
      const { code, stderr } = await disk.run('run', 'backup');
      assert.equal(code, 1, stderr);
      assert.match(stderr, /SINK_FULL/);
      assert.match(stderr, /cannot commit the copy .*ENOSPC/);
      await assertHarmless(disk, before);
    });

    it('rotation gives room on a disk that has none, the lock is taken without a byte', async (context) => {
      const disk = await openDisk(context, make);
      if (disk === undefined) return;
      const half = [{ path: 'half', stages: ['head -c 2M /dev/urandom'] }];
      disk.site.write({ objects: half });
      for (let index = 0; index < 2; index++) {
        assert.equal((await disk.run('run', 'backup')).code, 0);
      }
      writeFileSync(join(disk.mount, 'fill0'), '');
      try {
        call('sh', '-c', `cat /dev/zero >${join(disk.mount, 'fill0')}`);
      } catch {
        // Full, as it should be.
      }
      const full = await disk.run('run', 'backup');
      assert.equal(full.code, 1, full.stderr);
      disk.site.write({ objects: half, param: { 'nb-copy-limit': 1 } });
      const rotated = await disk.run('rotate', 'backup');
      assert.equal(rotated.code, 0, rotated.stderr);
      assert.equal((await disk.copies()).size, 1);
      assert.equal((await disk.run('run', 'backup')).code, 0);
    });

    it('a root that may only be read', async (context) => {
      const disk = await openDisk(context, make);
      if (disk === undefined) return;
      const before = await disk.copies();
      call('mount', '-o', 'remount,ro', disk.mount);
      const { code, stderr } = await disk.run('run', 'backup');
      assert.equal(code, 1);
      assert.match(stderr, /SINK_UNAVAILABLE/);
      assert.match(stderr, /mounted read-only/);
      assert.deepEqual(await disk.copies(), before);
      call('mount', '-o', 'remount,rw', disk.mount);
      await assertHarmless(disk, before);
    });

    it('a mount that goes away during the run never becomes a copy on the disk below', async (context) => {
      const disk = await openDisk(context, make);
      if (disk === undefined) return;
      const go = join(disk.site.directory, 'go');
      call('mkfifo', go);
      // Open for both, so that writing does not wait for a reader that may never come.
      const gate = openSync(go, 'r+');
      context.after(() => closeSync(gate));
      disk.site.write({ objects: [{ path: 'a', stages: [`echo a; read -r line <${go}`] }] });
      const { config } = disk.site;
      const palhm = startPalhm(['-f', config, '-v', '--log-format', 'json', 'run', 'backup']);
      await palhm.event('object-started');
      call('umount', '-l', disk.mount);
      writeSync(gate, 'go\n');
      const { code, stderr } = await palhm.ended;
      assert.equal(code, 1, stderr);
      assert.deepEqual(readdirSync(disk.mount), []);
      mkdirSync(disk.site.root);
    });
  });
}

/** Its blocks are in a small memory: the cache takes what is written, and loses it when it is written out. */
function mountLosing(mount: string): void {
  const store = `${mount}.store`;
  mkdirSync(store);
  call('mount', '-t', 'tmpfs', '-o', 'size=40m', 'palhm-test', store);
  const image = join(store, 'image');
  call('truncate', '-s', '2G', image);
  call('mkfs.ext4', '-q', '-F', '-O', '^has_journal', '-N', '128', image);
  call('mount', '-o', 'loop', image, mount);
}

it('a disk that loses what was written fails the object in mid-stream, though its stage is silent', {
  timeout: 120_000,
}, async (context) => {
  const disk = await openDisk(context, mountLosing);
  if (disk === undefined) return;
  const { mount } = disk;
  context.after(() => {
    unmount(mount);
    unmount(`${mount}.store`);
    rmSync(`${mount}.store`, { recursive: true });
  });
  const before = await disk.copies();
  disk.site.write({ objects: [{ path: 'big', stages: ['head -c 400M /dev/urandom; sleep 600'] }] });
  const { code, stderr } = await disk.run('run', 'backup');
  assert.equal(code, 1, stderr);
  assert.match(stderr, /failed {2}object "big" in group "default" {2}SINK_/);
  assert.match(stderr, /cannot write the object "big" in \S+: E[A-Z]+: .*, fdatasync/);
  assert.deepEqual(await disk.copies(), before);
});
