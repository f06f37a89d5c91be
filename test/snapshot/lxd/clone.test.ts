/** What a clone is asked to have, and what it must not have of its container. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LxdPlan } from '../../../src/config/plan/snapshots/sources.js';
import type { Instance } from '../../../src/snapshot/lxd/api.js';
import { describeClone, gapsOf } from '../../../src/snapshot/lxd/clone.js';

const PLAN: LxdPlan = {
  type: 'lxd',
  instance: 'db',
  project: undefined,
  mode: 'clone',
  ephemeral: true,
  profiles: [],
  environment: {},
  socket: undefined,
  client: undefined,
};

const SOURCE: Instance = {
  name: 'db',
  type: 'container',
  status: 'Running',
  config: {},
  expanded_config: {},
  expanded_devices: {
    root: { type: 'disk', path: '/', pool: 'fast' },
    eth0: { type: 'nic', network: 'br0', 'ipv4.address': '10.0.0.5', hwaddr: '00:16:3e:00:00:01' },
    data: { type: 'disk', path: '/var/lib/mysql', source: 'data', pool: 'fast' },
    web: { type: 'proxy', listen: 'tcp:0.0.0.0:80', connect: 'tcp:127.0.0.1:80' },
  },
  profiles: ['default', 'web'],
};

const wanted = { name: 'palhm-x-0', run: 'x', source: SOURCE, added: [] };
const NONE = { type: 'none' };

test('a clone has the root disk of its container, and neither its addresses nor what it shares', () => {
  const { devices, source, ephemeral } = describeClone(PLAN, wanted);
  assert.deepEqual(devices, {
    root: SOURCE.expanded_devices['root'],
    eth0: NONE,
    data: NONE,
    web: NONE,
  });
  assert.deepEqual(source, { type: 'copy', source: 'db/palhm-x-0' });
  assert.equal(ephemeral, true);
});

test('its profiles are those of the container, changed in order; the devices of added ones it has', () => {
  const profiles = [
    { action: 'remove', name: 'web' },
    { action: 'add', name: 'backup' },
    { action: 'add', name: 'default' },
  ] as const;
  const nic = { type: 'nic', network: 'br1' };
  const added = [
    { name: 'backup', devices: { eth0: nic, disk1: { type: 'disk', path: '/', pool: 'slow' } } },
    { name: 'default', devices: { tmp: { type: 'disk', path: '/tmp', source: 'tmpfs:' } } },
  ];
  const clone = describeClone({ ...PLAN, profiles }, { ...wanted, added });
  assert.deepEqual(clone.profiles, ['backup', 'default']);
  assert.deepEqual(clone.devices, {
    root: SOURCE.expanded_devices['root'],
    eth0: nic,
    data: NONE,
    web: NONE,
    disk1: NONE,
    tmp: { type: 'disk', path: '/tmp', source: 'tmpfs:' },
  });
});

test('nobody is to start, schedule, protect or mount anything for a clone', () => {
  const expanded_config = {
    'boot.autostart': 'true',
    'snapshots.schedule': '@daily',
    'security.protection.delete': 'true',
    'user.network-config': 'addresses: [10.0.0.5/24]',
    'raw.lxc': [
      'lxc.apparmor.profile = x',
      '  lxc.cgroup2.memory.max = 1G',
      'lxc.mount.entry = /srv/data srv none bind',
      'lxc.net.0.ipv4.address = 10.0.0.5',
      'lxc.include = /etc/lxc/shared.conf',
      'lxc.namespace.share.net = db',
      'lxc.cgroup.dir = db',
      'lxc.log.file = /var/log/db',
      'lxc.yet.unknown = 1',
    ].join('\n'),
    'limits.memory': '1GiB',
  };
  const plan = { ...PLAN, environment: { LANG: 'C' } };
  const { config } = describeClone(plan, { ...wanted, source: { ...SOURCE, expanded_config } });
  assert.deepEqual(config, {
    'boot.autostart': 'false',
    'snapshots.schedule': '',
    'security.protection.delete': '',
    'user.network-config': '',
    'raw.lxc': 'lxc.apparmor.profile = x\n  lxc.cgroup2.memory.max = 1G',
    'user.palhm.run': 'x',
    'user.palhm.source': 'db',
    'environment.LANG': 'C',
  });
  assert.deepEqual(gapsOf({ ...SOURCE, expanded_config }), [
    '/var/lib/mysql, the disk device data, is not in the snapshot',
    'lxc.mount.entry = /srv/data srv none bind, of raw.lxc, is not in the snapshot',
    'lxc.include = /etc/lxc/shared.conf, of raw.lxc, is not in the snapshot',
  ]);
});
