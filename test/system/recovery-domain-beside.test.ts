/**
 * What `restore --domain` leaves alone: a machine and disks that are there, when libvirt does not take the new one, when that is
 * another machine, or when it would use more of this host than its own. Debian packages:
 * libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu qemu-system-x86 qemu-utils iproute2.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeLoop } from '../rig/loop.js';
import { type Ended, PALHM, runPalhm } from '../rig/palhm.js';
import { assertFailed } from '../rig/restore-site.js';
import { CORE } from '../shipped/core.js';
import { makeLabDirectory, mustRunScript, whyNoLab } from './lab.js';
import { withOwnPidFile } from './libvirt.js';

const UUID = '6f0fa1bb-3ab5-4c6f-9d3d-2f6b53f7f6ad';
const OTHER_UUID = '11111111-3ab5-4c6f-9d3d-2f6b53f7f6ad';

const inline = (...argv: readonly string[]) => ({ type: 'exec-inline', argv });

suite('a virtual machine that comes back where something is', {
  skip: whyNoLab('libvirt-up.sh'),
}, () => {
  let state = '';
  let copies = 0;
  const env: Record<string, string> = {};
  const disk = (): string => join(state, 'web.img');

  const virsh = (...args: readonly string[]): string =>
    execFileSync('virsh', ['--quiet', ...args], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
  const domainXml = (): string => `<domain type='qemu'>
  <name>web</name><uuid>${UUID}</uuid><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk()}'/><target dev='vda'/></disk>
    <serial type='file'><source path='${state}/console.web'/></serial>
  </devices>
</domain>
`;
  const twoDisks = (): string =>
    domainXml().replace(
      '<serial',
      `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${state}/b.img'/><target dev='vdb'/></disk><serial`,
    );
  const lose = (): void => {
    for (const name of virsh('list', '--all', '--name').trim().split(/\s+/))
      if (name !== '') virsh('undefine', name);
    for (const name of readdirSync(state))
      if (/^(?!content).*\.(?:img|raw|qcow2)$/.test(name))
        rmSync(join(state, name), { recursive: true });
  };
  const define = (): void => {
    writeFileSync(join(state, 'web.xml'), domainXml());
    virsh('define', join(state, 'web.xml'));
  };
  /** A copy of a machine that is not started: its XML, changed, and what its disks are. */
  const copyOf = async (xml: string, disks: Readonly<Record<string, string>>): Promise<string> => {
    const root = join(state, `copies-${copies++}`);
    const files = { 'domain.xml': xml, ...disks };
    const objects = Object.entries(files).map(([path, content]) => {
      writeFileSync(join(state, `content.${path}`), content, 'latin1');
      return { path, pipeline: [inline('cat', join(state, `content.${path}`))] };
    });
    const sink = { backend: 'localfs', 'backend-param': { root } };
    const task = { id: 'changed', type: 'backup', ...sink, objects };
    const file = join(state, 'changed.jsonc');
    writeFileSync(file, JSON.stringify({ include: [CORE], tasks: [task] }));
    const ran = await runPalhm(['-f', file, 'run', 'changed'], { env });
    assert.equal(ran.code, 0, ran.stderr);
    return join(root, readdirSync(root).find((name) => !name.startsWith('.')) ?? '');
  };
  const bring = (from: string, ...args: readonly string[]): Promise<Ended> =>
    runPalhm(['restore', '--from', from, '--domain', ...args, '--yes'], { env });
  /** What is there of machines and disks. */
  const found = () => ({
    domains: virsh('list', '--all', '--name').trim(),
    xml: virsh('list', '--all', '--name').includes('web') ? virsh('dumpxml', 'web') : '',
    files: readdirSync(state)
      .filter((name) => /img|raw|qcow2|palhm/.test(name) && !name.startsWith('content.'))
      .map((name) => [name, statSync(join(state, name)).size]),
  });

  before(async () => {
    state = await makeLabDirectory();
    const answer = await mustRunScript('libvirt-up.sh', [state], await withOwnPidFile(state));
    env['LIBVIRT_DEFAULT_URI'] = /'(.*)'/.exec(answer)?.[1] ?? '';
  });
  after(async () => {
    if (state === '') return;
    await mustRunScript('libvirt-down.sh', [state, '--wipe']);
    rmSync(state, { recursive: true, force: true });
  });

  test('what libvirt does not take replaces nothing', async () => {
    lose();
    define();
    writeFileSync(disk(), 'precious');
    const earlier = found();
    const odd = await copyOf(domainXml().replace("machine='pc'", "machine='nowhere'"), {
      'vda.img': 'restored',
    });
    const refused = [
      /TARGET_UNUSABLE/,
      /libvirt does not take the definition of web/,
      /\| error: /,
      /Nothing was written/,
    ];
    assertFailed(await bring(odd, '--force'), 1, ...refused);
    assert.deepEqual(found(), earlier);
    const loop = makeLoop(1024 * 1024);
    try {
      writeFileSync(loop.file, 'precious', { flag: 'r+' });
      const onto = ['--force', '--disk', `vda=${loop.device}`];
      assertFailed(await bring(odd, ...onto), 1, ...refused);
      assert.equal(readFileSync(loop.file, 'latin1').slice(0, 8), 'precious');
      assert.deepEqual(found(), earlier);
    } finally {
      loop.remove();
    }
    virsh('undefine', 'web');
    rmSync(disk());
    assertFailed(await bring(odd), 1, ...refused);
    assert.deepEqual(found(), { domains: '', xml: '', files: [] });
  });

  test('another machine with its name is not replaced, whatever it is told', async () => {
    lose();
    define();
    writeFileSync(disk(), 'precious');
    const earlier = found();
    const message = /the domain web that is there is another machine than the one of the copy/;
    const other = await copyOf(domainXml().replace(UUID, OTHER_UUID), { 'vda.img': 'x' });
    assertFailed(await bring(other, '--force'), 1, /TARGET_EXISTS/, message, /Nothing was written/);
    assert.deepEqual(found(), earlier);
  });

  test('a machine that is saved is not replaced: its memory would go on with other disks', async () => {
    lose();
    writeFileSync(disk(), 'a'.repeat(65_536));
    const copy = await copyOf(domainXml(), { 'vda.img': 'b'.repeat(65_536) });
    define();
    virsh('start', 'web');
    virsh('managedsave', 'web');
    try {
      assertFailed(
        await bring(copy, '--force'),
        1,
        /the domain web is saved/,
        /Nothing was written/,
      );
      assert.equal(readFileSync(disk(), 'utf8')[0], 'a');
    } finally {
      virsh('managedsave-remove', 'web');
    }
    const { code, stderr } = await bring(copy, '--force');
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(disk(), 'utf8')[0], 'b');
  });
  test('an emulator that this host lacks is replaced by its own, and that is said', async () => {
    lose();
    const xml = domainXml()
      .replace(/(?<=<emulator>).*(?=<)/, '/usr/libexec/qemu-nowhere')
      .replace(/<uuid>.*<.uuid>/, '');
    const { code, stderr } = await bring(await copyOf(xml, { 'vda.img': 'restored' }));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /emulator: that of this host, since \/usr\/libexec\/qemu-nowhere/);
    assert.match(virsh('dumpxml', 'web'), /<emulator>.*qemu-system/);
    assert.equal(readFileSync(disk(), 'utf8'), 'restored');
  });

  test('a disk that cannot get its name leaves the definition of before', async () => {
    lose();
    const disks = { 'vda.img': 'restored', 'vdb.img': 'restored' };
    const from = await copyOf(twoDisks(), disks);
    const shim = join(state, 'shim');
    const blocked = join(state, 'b.img');
    mkdirSync(shim);
    // When it is defined for good, something is in the way of the second disk.
    const script = `#!/bin/sh
case " $* " in *' define '*) echo >>'${shim}/n'; [ $(wc -l <'${shim}/n') -lt 2 ] || mkdir -p '${blocked}' ;; esac
exec $(PATH=\${PATH#*:} command -v virsh) "$@"
`;
    writeFileSync(join(shim, 'virsh'), script, { mode: 0o755 });
    const options = { env: { ...env, PATH: `${shim}:${process.env['PATH']}` } };
    const attempt = async (...args: readonly string[]): Promise<Ended> =>
      await runPalhm(['restore', '--from', from, '--domain', '--yes', ...args], options);
    assertFailed(await attempt(), 1, /TARGET_EXISTS/, /b\.img is there already/);
    rmSync(blocked, { recursive: true });
    rmSync(join(shim, 'n'));
    assert.deepEqual(found(), { domains: '', xml: '', files: [] });
    define();
    writeFileSync(disk(), 'earlier');
    const { xml } = found();
    const said = /the file \S+web\.img is replaced by the disk of the copy/;
    assertFailed(await attempt('--force'), 1, /TARGET_UNUSABLE/, said);
    assert.equal(found().xml, xml);
    rmSync(shim, { recursive: true });
  });

  test('a machine beside it shares no disk and no log with it, and is replaced by a second restore', async () => {
    lose();
    define();
    const from = await copyOf(twoDisks(), { 'vda.img': 'restored' });
    const own = `vda=${join(state, 'twin.raw')}`;
    const earlier = found();
    assertFailed(
      await bring(from, 'twin', '--disk', own),
      1,
      /NOT_RESTORABLE/,
      /no object is the disk vdb: a machine beside web would use that of web/,
      /Nothing was written/,
    );
    assert.deepEqual(found(), earlier);
    writeFileSync(join(state, 'empty.raw'), '');
    const places = ['twin', '--disk', own, `vdb=${join(state, 'empty.raw')}`];
    const { code, stderr } = await bring(from, ...places);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /console\.web becomes \S+console\.web\.twin/);
    const xml = virsh('dumpxml', 'twin');
    assert.match(xml, /twin\.raw[^]*empty\.raw[^]*console\.web\.twin/);
    assert.ok(!xml.includes('b.img'));
    const again = await bring(from, ...places, '--force');
    assert.equal(again.code, 0, again.stderr);
    assert.equal(virsh('domuuid', 'twin').trim(), /<uuid>(.*)<\/uuid>/.exec(xml)?.[1]);
  });

  test('an image that is based on a file of this host is not taken', async () => {
    lose();
    const secret = join(state, 'secret');
    writeFileSync(secret, 'x'.repeat(4096));
    const image = join(state, 'content.qcow2');
    const make = (...args: readonly string[]): void =>
      void execFileSync('qemu-img', ['create', '-q', ...args]);
    make('-f', 'qcow2', '-F', 'raw', '-b', secret, image);
    const xml = domainXml();
    const from = await copyOf(xml, { 'vda.qcow2': readFileSync(image, 'latin1') });
    rmSync(image);
    assertFailed(
      await bring(from),
      1,
      /NOT_RESTORABLE/,
      new RegExp(`only a part of a disk: it is based on ${secret}`),
    );
    assert.deepEqual(found(), { domains: '', xml: '', files: [] });
    make('-f', 'qcow2', image, '1M');
    const whole = await copyOf(xml, { 'vda.qcow2': readFileSync(image, 'latin1') });
    const { code, stderr } = await bring(whole);
    assert.equal(code, 0, stderr);
    assert.match(virsh('dumpxml', 'web'), /type='qcow2'/);
  });

  test('the question says what of this host it uses; without a yes nothing is there', async () => {
    lose();
    const cd = `<disk type='file' device='cdrom'><source file='/etc/shadow'/><target dev='hda' bus='ide'/><readonly/></disk><serial`;
    const xml = twoDisks().replace('<serial', cd);
    const from = await copyOf(xml, { 'vda.img': 'restored' });
    const line = `${process.execPath} ${PALHM} restore --from ${from} --domain`;
    const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
      input: 'n\n',
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    assert.match(stdout, /vda becomes the file \S+web\.img/);
    assert.match(stdout, /vdb is where it was, if it is there: no object is it/);
    assert.match(stdout, /Besides these disks it uses of this host:/);
    assert.match(stdout, /disk vdb: file=\S+b\.img/);
    assert.match(stdout, /disk hda: file=\/etc\/shadow/);
    assert.match(stdout, /NOT_CONFIRMED/);
    assert.deepEqual(found(), { domains: '', xml: '', files: [] });
  });
});
