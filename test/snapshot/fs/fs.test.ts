/** What only the freezing of file systems has, beside the contract. Needs root; Debian packages: mount, util-linux, e2fsprogs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { checkSource, openProvider } from '../../../src/snapshot/registry.js';
import { run, whyNoBtrfs } from '../../rig/btrfs.js';
import { type FileSystem, makeFileSystem, whyNoFileSystem } from '../../rig/file-system.js';
import { type Ended, PALHM, runPalhm } from '../../rig/palhm.js';
import { makeScratch } from '../../rig/scratch.js';
import { listPrefixes } from '../../rig/site.js';

describe('the freezing of a file system', { skip: whyNoFileSystem('ext4') }, () => {
  let files: FileSystem;
  let root: string;
  let config: string;
  beforeEach(() => {
    files = makeFileSystem('ext4');
    root = makeScratch();
    config = join(makeScratch(), 'palhm.jsonc');
  });
  afterEach(() => files.remove());

  const problemsOf = async (mount: string, written: readonly string[] = []) =>
    (await checkSource({ type: 'fs', mount }, written)).map(({ message }) => message);
  interface More {
    readonly mount?: string;
    readonly max?: string;
    readonly root?: string;
    readonly script?: string;
    readonly group?: object;
  }
  const write = ({ mount = files.top, max = '20s', script = 'cat "$0"', ...more }: More): void => {
    const argv = ['sh', '-c', script, { concat: [{ snapshot: 'path' }, '/file'] }];
    const backup = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: more.root ?? root },
      'object-groups': [
        { id: 'g', snapshot: { type: 'fs', mount, freeze: { max } }, ...more.group },
      ],
      objects: [{ path: 'o', group: 'g', pipeline: [{ type: 'exec-inline', argv }] }],
    };
    writeFileSync(config, JSON.stringify({ tasks: [backup] }));
  };
  const check = (): Promise<Ended> => runPalhm(['-f', config, 'config', 'check']);
  const start = (): Promise<Ended> => runPalhm(['-f', config, 'run', 'backup']);
  /** It fails when it is frozen. */
  const assertThawed = (): void => void run('timeout', '5', 'touch', join(files.top, 'probe'));

  it('needs a directory that a file system on a device is mounted on', async () => {
    mkdirSync(join(files.top, 'sub'));
    const sub = join(files.top, 'sub');
    assert.deepEqual(await problemsOf(sub), [`No file system is mounted on ${sub}.`]);
    assert.deepEqual(await problemsOf('/none'), ['No file system is mounted on /none.']);
    assert.deepEqual(await problemsOf('/proc'), ['/proc cannot be frozen: it is proc.']);
    assert.deepEqual(await problemsOf(files.top), []);
  });
  it('is refused where palhm writes: also in a directory that is not there yet, and in the file of a loop device', async () => {
    const refused = (place: string) => [
      `${files.top} must not be frozen: ${place} is on the same file system, and palhm would wait for itself.`,
    ];
    const deep = join(files.top, 'not', 'there');
    assert.deepEqual(await problemsOf(files.top, ['/', deep]), refused(deep));
    const image = join(files.top, 'image');
    writeFileSync(image, '');
    truncateSync(image, 16 * 1024 * 1024);
    run('mkfs.ext4', '-q', image);
    const inner = makeScratch();
    run('mount', '-o', 'loop', image, inner);
    try {
      assert.deepEqual(await problemsOf(files.top, [inner]), refused(inner));
      assert.deepEqual(await problemsOf(inner, [files.top]), []);
    } finally {
      run('umount', inner);
    }
    await assert.rejects(openProvider({ type: 'fs', mount: files.top }, [deep]), {
      code: 'SNAPSHOT_FAILED',
    });
  });
  describe('is refused where palhm writes through', () => {
    let undo: (() => void)[];
    let inner: string;
    beforeEach(() => {
      undo = [];
      inner = makeScratch();
    });
    afterEach(() => {
      for (const one of undo.toReversed()) one();
    });
    const assertRefused = async (): Promise<void> => {
      const [message = ''] = await problemsOf(files.top, ['/', inner]);
      assert.match(message, /must not be frozen: /);
      assert.deepEqual(await problemsOf(files.top, ['/']), []);
    };
    const loop = (directory: string, ...options: readonly string[]): string => {
      const image = join(directory, 'image');
      writeFileSync(image, '');
      truncateSync(image, 120 * 1024 * 1024);
      const device = run('losetup', '--find', '--show', ...options, image);
      undo.push(() => void run('losetup', '--detach', device));
      return device;
    };
    const mount = (...args: readonly string[]): void => {
      run('mount', ...args, inner);
      undo.push(() => void run('umount', inner));
    };

    it('an overlay', async () => {
      const [upper, work] = [join(files.top, 'a:b,c'), join(files.top, 'work')];
      for (const one of [upper, work]) mkdirSync(one);
      const options = `lowerdir=/etc,upperdir=${upper.replaceAll(/[:,]/g, String.raw`\$&`)},workdir=${work}`;
      mount('-t', 'overlay', 'overlay', '-o', options);
      await assertRefused();
    });
    it('a btrfs, also by the second of its devices', { skip: whyNoBtrfs() }, async () => {
      const devices = [loop(makeScratch()), loop(files.top)];
      run('mkfs.btrfs', '--quiet', ...devices);
      mount('-t', 'btrfs', '-o', devices.map((one) => `device=${one}`).join(), String(devices[0]));
      await assertRefused();
    });
    it('a partition of the file of a loop device', async () => {
      const device = loop(files.top);
      run('addpart', device, '1', '2048', '200000');
      undo.push(() => void run('delpart', device, '1'));
      const name = basename(device);
      const numbers = readFileSync(`/sys/block/${name}/${name}p1/dev`, 'utf8').trim();
      const part = join(makeScratch(), 'part');
      run('mknod', part, 'b', ...numbers.split(':'));
      run('mkfs.ext4', '-q', part);
      mount(part);
      await assertRefused();
    });
    it('a directory that is mounted elsewhere', async () => {
      mount('--bind', files.top);
      await assertRefused();
    });
  });
  it('of the root, of the copies or of the log is an error of the config, whatever runs before', async () => {
    const group = { before: [{ type: 'exec-inline', argv: ['true'] }] };
    write({ mount: '/', group });
    const { code, stderr } = await check();
    assert.equal(code, 78, stderr);
    assert.match(stderr, /CONFIG_VALUE [^]*\/ must not be frozen: \/ is on the same file system/);
    write({ root: join(files.top, 'copies'), group });
    for (const ended of [await check(), await start()]) {
      assert.equal(ended.code, 78, ended.stderr);
      assert.match(ended.stderr, /must not be frozen: .*\/copies is on/);
    }
    write({});
    assert.equal((await check()).code, 0);
    const log = join(files.top, 'log');
    const script = `"$@" 2>${log}`;
    run('sh', '-c', `${script} || true`, 'sh', process.execPath, ...palhmArgs('config', 'check'));
    assert.match(readFileSync(log, 'utf8'), /must not be frozen: \/proc\/self\/fd\/2 is on/);
  });
  it('lasts until its objects are made, is in the manifest, and nobody writes meanwhile', async () => {
    writeFileSync(join(files.top, 'file'), 'text');
    const probe = join(files.top, 'meanwhile');
    write({
      script: `touch ${probe} >/dev/null 2>&1 & cat "$0"; sleep 0.5; test ! -e ${probe}`,
    });
    const { code, stderr } = await start();
    assert.equal(code, 0, stderr);
    const [prefix = ''] = await listPrefixes(config);
    assert.equal(readFileSync(join(root, prefix, 'o'), 'utf8'), 'text');
    const manifest = JSON.parse(readFileSync(join(root, prefix, '.palhm-manifest.json'), 'utf8'));
    const { of, frozenMs } = manifest.groups[0].snapshot;
    assert.equal(of, `the file system mounted on ${files.top}`);
    assert.match(stderr, /^group "g" was frozen for \d/m);
    assert.ok(frozenMs >= 500, String(frozenMs));
    assert.ok(statSync(probe).birthtimeMs > 0);
    assertThawed();
  });
  it('that lasts too long is ended, and no object of the group is kept', async () => {
    writeFileSync(join(files.top, 'file'), 'text');
    write({ max: '1s', script: 'cat "$0"; exec sleep 60' });
    const { code, stderr } = await start();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /FREEZE_EXPIRED/);
    assert.deepEqual(await listPrefixes(config), []);
    assertThawed();
  });
  it('is thawed where it is, or not at all: what is mounted over it is not it, and with its device it is gone', async () => {
    const { still } = await openProvider({ type: 'fs', mount: files.top }, []);
    const call = ([program, ...args]: readonly [string, ...string[]]) =>
      spawnSync(program, args, { encoding: 'utf8' });
    const [freeze = ['false'], thaw = ['false']] = [still?.freeze[0], still?.thaw[0]];
    assert.equal(call(freeze).status, 0);
    run('mount', '-t', 'tmpfs', 'none', files.top);
    const { status, stderr } = call(thaw);
    run('umount', files.top);
    assert.equal(status, 1);
    assert.match(stderr, /is not mounted on .* now/);
    for (const time of ['frozen', 'thawed']) assert.equal(call(thaw).status, 0, time);
    assertThawed();
    run('umount', files.top);
    run('losetup', '--detach', files.device);
    // Another test may have it by now.
    const isTaken = (): boolean => existsSync(`/sys/block/${basename(files.device)}/loop`);
    assert.ok(call(thaw).status === 0 || isTaken(), 'it has no device');
  });
  it('by somebody else is left as it is', async () => {
    writeFileSync(join(files.top, 'file'), 'text');
    write({});
    run('fsfreeze', '-f', files.top);
    const { code, stderr } = await start();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /SNAPSHOT_FAILED[^]*fsfreeze: .*Device or resource busy/);
    run('fsfreeze', '-u', files.top);
  });

  function palhmArgs(...args: readonly string[]): readonly string[] {
    return [PALHM, '-f', config, ...args];
  }
});
