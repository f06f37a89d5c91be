/** What a machine that comes back is defined as, and what of this host it would use. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { listHostParts } from '../../../src/run/restore/domain/host-parts.js';
import { rewriteXml } from '../../../src/run/restore/domain/new-xml.js';
import { planDomain } from '../../../src/run/restore/domain/plan-domain.js';
import type { PlannedObject } from '../../../src/run/restore/planned-object.js';
import type { AsDomain } from '../../../src/run/restore/request.js';

const UUID = '6f0fa1bb-3ab5-4c6f-9d3d-2f6b53f7f6ad';
const NEW_UUID = '11111111-3ab5-4c6f-9d3d-2f6b53f7f6ad';

const XML = `<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web</name><uuid>${UUID}</uuid>
  <metadata><a:b xmlns:a='urn:a' path='/in/metadata'/></metadata>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <loader readonly='yes' type='pflash'>/usr/share/OVMF.fd</loader>
    <nvram template='/usr/share/VARS.fd'>/nvram/web_VARS.fd</nvram>
    <kernel>/boot/other</kernel>
  </os>
  <sysinfo type='smbios'><system><entry name='uuid'>${UUID}</entry></system></sysinfo>
  <devices>
    <emulator>/opt/qemu</emulator>
    <disk type='file' device='disk'><source file='/vm/a.qcow2'/><target dev='vda'/></disk>
    <disk type='network' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source protocol='rbd' name='pool/b'><host name='ceph'/><dataStore type='file'><source file='/etc/shadow'/></dataStore></source>
      <target dev='vdb'/>
    </disk>
    <disk type='file' device='cdrom'><source file='/iso/x.iso'/><target dev='sda'/><readonly/></disk>
    <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/></interface>
    <serial type='file'><source path='/log/console'/><log file='/log/serial'/></serial>
    <channel type='unix'><source mode='bind' path='/run/a.sock'/></channel>
    <channel type='unix'><source mode='connect' path='/run/service.sock'/></channel>
    <filesystem type='mount'><source dir='/srv'/><target dir='srv'/></filesystem>
    <hostdev mode='subsystem' type='pci'><source><address bus='0x06' slot='0x02'/></source></hostdev>
  </devices>
  <seclabel type='none'/>
  <qemu:commandline><qemu:arg value='-drive'/><qemu:arg value='file=/dev/sda'/></qemu:commandline>
</domain>`;

const beside = (places: readonly string[] = []) => ({
  places: places.map((target) => ({
    target,
    place: { type: 'file' as const, path: `/new/${target}` },
    format: 'qcow2',
    path: `/new/${target}`,
  })),
  uuid: NEW_UUID,
  rename: 'old',
  missingEmulator: undefined,
});

suite('the XML of a machine that comes back', () => {
  test('has nothing that another machine beside it writes', () => {
    const { xml, changes } = rewriteXml(XML, beside());
    assert.match(xml, new RegExp(`<name>old</name><uuid>${NEW_UUID}</uuid>`));
    assert.match(xml, /<nvram template="\/usr\/share\/VARS.fd"\/>/);
    assert.match(xml, /path="\/log\/console.old"\/><log file="\/log\/serial.old"/);
    assert.match(xml, /mode="bind" path="\/run\/a.sock.old"/);
    assert.match(xml, /mode="connect" path="\/run\/service.sock"/);
    assert.ok(!xml.includes(UUID) && !xml.includes('52:54'));
    assert.deepEqual(changes, [
      'NVRAM (UEFI): a new, empty one',
      '/log/serial becomes /log/serial.old',
      '/log/console becomes /log/console.old',
      '/run/a.sock becomes /run/a.sock.old',
    ]);
  });
  test('drops an NVRAM that has no template: libvirt knows the one for the loader', () => {
    const plain = XML.replace(" template='/usr/share/VARS.fd'", '');
    assert.ok(!rewriteXml(plain, beside()).xml.includes('nvram'));
  });
  test('of the same machine keeps all of it, but for an emulator that is not here', () => {
    const same = { ...beside(), rename: undefined, uuid: UUID };
    assert.deepEqual(rewriteXml(XML, same).changes, []);
    const { xml, changes } = rewriteXml(XML, { ...same, missingEmulator: '/opt/qemu' });
    assert.ok(!xml.includes('emulator'));
    assert.match(changes.join('\n'), /^emulator: that of this host, since \/opt\/qemu of the copy/);
    assert.match(xml, /\/nvram\/web_VARS.fd/);
  });
  test('says the format of a disk that had none', () => {
    const { xml } = rewriteXml(XML, beside(['vda']));
    assert.match(xml, /<source file="\/new\/vda"\/><target dev="vda"\/><driver type="qcow2"\/>/);
  });
});

suite('what a machine uses of this host', () => {
  test('is each source and path, and what goes past libvirt, without the disks that come back', () => {
    const { xml } = rewriteXml(XML, { ...beside(['vda', 'vdb']), rename: undefined });
    assert.deepEqual(listHostParts(xml, new Set(['/new/vda', '/new/vdb'])), [
      'os: /usr/share/OVMF.fd template=/usr/share/VARS.fd /nvram/web_VARS.fd /boot/other',
      'seclabel: type=none',
      'qemu:commandline: value=-drive value=file=/dev/sda',
      'emulator: /opt/qemu',
      'disk vdb: protocol=rbd name=pool/b name=ceph type=file file=/etc/shadow',
      'disk sda: file=/iso/x.iso',
      'interface: bridge=br0',
      'serial: path=/log/console file=/log/serial',
      'channel: mode=bind path=/run/a.sock',
      'channel: mode=connect path=/run/service.sock',
      'filesystem: dir=/srv',
      'hostdev: bus=0x06 slot=0x02',
    ]);
  });
});

suite('the disks of a machine that comes back', () => {
  const object = (path: string): PlannedObject => ({
    object: {
      path,
      group: 'default',
      started: 0,
      recipe: undefined,
      size: 0,
      sha256: undefined,
    },
    execs: [],
    unknown: [],
    goal: { path, kind: 'file' },
  });
  const way = (name: string | undefined, disks: readonly string[] = []): AsDomain => ({
    type: 'domain',
    name,
    disks: new Map(
      disks.map((word) => {
        const [target = '', path = ''] = word.split('=');
        return [target, { type: 'file' as const, path }];
      }),
    ),
    uri: undefined,
    raw: false,
    force: true,
  });
  const plan = (asked: AsDomain) => planDomain(XML, [object('vda.img')], asked);

  test('beside the machine none is one of that machine', () => {
    assert.throws(() => plan(way('old', ['vda=/x'])), {
      code: 'NOT_RESTORABLE',
      message: /no object is the disk vdb/,
    });
    const { others, missing } = plan(way('old', ['vda=/x', 'vdb=/y']));
    assert.deepEqual([others.map(({ path }) => path), missing], [['/y'], []]);
    assert.deepEqual(plan(way(undefined)).missing, ['vdb']);
  });
  test('beside the machine --force replaces only what is named', () => {
    const force = (asked: AsDomain) => plan(asked).disks.map((disk) => disk.force);
    assert.deepEqual(force(way('old', ['vdb=/y'])), [false]);
    assert.deepEqual(force(way('old', ['vda=/x', 'vdb=/y'])), [true]);
    assert.deepEqual(force(way(undefined)), [true]);
  });
  test('two of them are not one place', () => {
    assert.throws(() => plan(way('old', ['vda=/x', 'vdb=/x'])), {
      code: 'USAGE',
      message: /vda and vdb go to one place: \/x/,
    });
  });
});
