/**
 * A whole virtual machine is lost, its definition and its disk, and comes back by one command: it boots with its data. And what such a
 * restore refuses, and takes back. Debian packages: libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu
 * qemu-system-x86 qemu-utils iproute2 busybox-static cpio e2fsprogs kmod zstd.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type Ended, runPalhm } from '../rig/palhm.js';
import { assertFailed, flipByte } from '../rig/restore-site.js';
import { CORE } from '../shipped/core.js';
import { makeLabDirectory, mustRunScript, REPOSITORY, whyNoLab } from './lab.js';
import { withOwnPidFile } from './libvirt.js';

const inline = (...argv: readonly (string | object)[]) => ({ type: 'exec-inline', argv });

suite('a virtual machine that is lost', { skip: whyNoLab('libvirt-guest.sh') }, () => {
  let state = '';
  let copy = '';
  let counted = 0;
  const env: Record<string, string> = {};
  const disk = (): string => join(state, 'web.img');
  const config = (): string => join(state, 'palhm.jsonc');

  const virsh = (...args: readonly string[]): string =>
    execFileSync('virsh', ['--quiet', ...args], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
  const counter = async (name: string): Promise<number> =>
    Number(await mustRunScript('libvirt-guest-exec.sh', [state, name, 'cat', '/mnt/counter']));
  /** Resolves when the guest has mounted its disk and counts, on its console. */
  const nextTick = async (name: string): Promise<void> => {
    const script = 'tail -n 0 -F "$0" | grep -m 1 -q ^tick';
    await promisify(execFile)('sh', ['-c', script, join(state, `console.${name}`)]);
  };
  const restore = (...args: readonly string[]): Promise<Ended> =>
    runPalhm(['-f', config(), 'restore', '--yes', ...args], { env });
  const lose = (): void => {
    for (const name of virsh('list', '--all', '--name').trim().split(/\s+/)) {
      if (name === '') continue;
      if (virsh('domstate', name).trim() !== 'shut off') virsh('destroy', name);
      virsh('undefine', name);
    }
    for (const name of readdirSync(state))
      if (/\.(?:img|raw)$/.test(name)) rmSync(join(state, name));
  };
  /** Defined, but without its disk, as somebody may have begun to mend it. */
  const define = (): void => void virsh('define', join(state, 'web.xml'));

  before(async () => {
    state = await makeLabDirectory();
    const answer = await mustRunScript('libvirt-up.sh', [state], await withOwnPidFile(state));
    env['LIBVIRT_DEFAULT_URI'] = /'(.*)'/.exec(answer)?.[1] ?? '';
    await mustRunScript('libvirt-guest.sh', [state, 'web', disk()], { LAB_DISK_MB: '64' });
    const objects = [
      { path: 'domain.xml', pipeline: [inline('virsh', 'dumpxml', '--inactive', 'web')] },
      {
        path: 'vda.img.zst',
        pipeline: [inline('cat', disk()), { type: 'exec', 'exec-id': 'zstd' }],
      },
    ];
    const task = {
      id: 'web',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: join(state, 'root') },
      objects,
      'post-recovery': [inline('virsh', 'start', 'web')],
    };
    writeFileSync(config(), JSON.stringify({ include: [CORE], tasks: [task] }));
    await mustRunScript('libvirt-guest-exec.sh', [state, 'web', 'sync']);
    counted = await counter('web');
    virsh('destroy', 'web');
    const ran = await runPalhm(['-f', config(), 'run', 'web'], { env });
    assert.equal(ran.code, 0, ran.stderr);
    const prefix = readdirSync(join(state, 'root')).find((name) => !name.startsWith('.')) ?? '';
    copy = join(state, 'root', prefix);
  });
  after(async () => {
    if (state === '') return;
    await mustRunScript('libvirt-down.sh', [state, '--wipe']);
    rmSync(state, { recursive: true, force: true });
  });

  test('comes back by one command on another disk, and boots with its data', async () => {
    lose();
    const other = join(state, 'other.raw');
    const ticks = nextTick('web');
    const { code, stderr } = await restore('--domain', '--disk', `vda=${other}`);
    assert.equal(code, 0, stderr);
    assert.match(virsh('dumpxml', 'web'), /other\.raw/);
    assert.ok(!existsSync(disk()));
    await ticks;
    assert.ok((await counter('web')) >= counted, 'its data is older than the copy');
    assert.ok(statSync(other).size === 64 * 1024 * 1024);
  });
  test('comes back by the command on the page alone, with nothing but its copy', async () => {
    lose();
    const page = readFileSync(join(REPOSITORY, 'doc/disaster.md'), 'utf8');
    const [, command = '', start = ''] =
      /^palhm (restore --from \S+ --domain --disk vda=\S+)\n(virsh start web)$/m.exec(page) ?? [];
    const place = join(state, 'mended.raw');
    const words = command
      .replace(/--from \S+/, `--from ${copy}`)
      .replace(/vda=\S+/, `vda=${place}`)
      .split(' ');
    const ticks = nextTick('web');
    const { code, stderr } = await runPalhm([...words, '--yes'], { env });
    assert.equal(code, 0, stderr);
    virsh(...start.split(' ').slice(1));
    await ticks;
    assert.ok((await counter('web')) >= counted, 'its data is older than the copy');
  });

  test('while it runs nothing of it is touched, and beside it another one comes up', async () => {
    const running = virsh('dumpxml', 'web');
    assertFailed(await restore('--domain', '--force'), 1, /the domain web is there, and running/);
    assert.equal(virsh('dumpxml', 'web'), running);
    const place = join(state, 'twin.raw');
    const { code, stderr } = await runPalhm(
      ['restore', '--from', copy, '--domain', 'twin', '--disk', `vda=${place}`, '--yes'],
      { env },
    );
    assert.equal(code, 0, stderr);
    const uuid = (name: string): string => virsh('domuuid', name).trim();
    assert.notEqual(uuid('twin'), uuid('web'));
    assert.match(virsh('dumpxml', 'twin'), /twin\.raw/);
  });

  test('one that is there, and off, is replaced only with --force; a disk that is in its way as well', async () => {
    lose();
    define();
    assertFailed(await restore('--domain'), 1, /TARGET_EXISTS/, /domain web is there already/);
    assert.ok(!existsSync(disk()));
    writeFileSync(disk(), 'precious');
    virsh('undefine', 'web');
    assertFailed(await restore('--domain'), 1, /TARGET_EXISTS/, /web\.img is there already/);
    assert.equal(statSync(disk()).size, 8);
    rmSync(disk());
    assertFailed(
      await runPalhm(['-f', config(), 'restore', '--domain'], { env }),
      2,
      /--domain defines a machine as the copy says, and there is nobody to ask/,
    );
  });

  test('leaves neither a disk nor a domain when a part of it fails', async () => {
    lose();
    const stored = join(copy, 'vda.img.zst');
    flipByte(stored, 5000);
    assertFailed(await restore('--domain'), 4, /COPY_DAMAGED/);
    flipByte(stored, 5000);
    assert.equal(virsh('list', '--all', '--name').trim(), '');
    assert.deepEqual(
      readdirSync(state).filter((name) => /img|palhm-restore/.test(name)),
      [],
    );
    assertFailed(await restore('--domain', '--disk', `vdb=${disk()}`), 2, /--disk names "vdb"/);
    assertFailed(await restore('--domain', 'not/a/name', '--disk', `vda=${disk()}`), 1, /virsh/);
    assert.deepEqual(
      readdirSync(state).filter((name) => /img|palhm-restore/.test(name)),
      [],
    );
  });
});
