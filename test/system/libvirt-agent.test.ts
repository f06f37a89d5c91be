/** What becomes of a guest whose agent is slow, hangs or is gone while it has to keep the guest still. What it needs: libvirt.ts. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openProvider } from '../../src/snapshot/registry.js';
import { startPalhm } from '../rig/palhm.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { type Libvirt, PLAN, remainsOf, startLibvirt } from './libvirt.js';

/** Longer than palhm waits for the agent, which freezes then. */
const SLOW_SECONDS = 17;
const HOOK = `#!/bin/sh
echo $1 >>/log
[ $1 != freeze ] || sleep ${SLOW_SECONDS}
`;

/** Else there is nothing to freeze. */
const MOUNT = 'mkdir /a; mount -t ext4 /dev/vda /a';

describe('the agent of a guest', { skip: whyNoLab('libvirt-up.sh') }, () => {
  let libvirt: Libvirt;
  let site: Site;
  before(async () => {
    libvirt = await startLibvirt();
    site = makeSite();
    writeFileSync(site.config, JSON.stringify(configOf(site.root, libvirt.uri)));
    await libvirt.start('guest', [join(libvirt.disks, 'a.raw')]);
  });
  after(async () => {
    await libvirt?.remove();
    site?.remove();
  });

  const run = async () =>
    await startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']).ended;
  const ask = (execute: string): Promise<string> =>
    libvirt.virsh('qemu-agent-command', 'guest', JSON.stringify({ execute }));
  const assertClean = async (): Promise<void> => {
    assert.equal(await libvirt.virsh('domstate', 'guest'), 'running');
    assert.deepEqual(await remainsOf(libvirt.disks, [await libvirt.virsh('domuuid', 'guest')]), []);
  };

  it('that freezes when palhm waits no more is thawed then, and the run fails', async () => {
    const agent = 'agent -d -m virtio-serial -p /dev/vport0p1 -F/hook';
    const script = `${MOUNT}; printf '%s' '${HOOK}' >/hook; chmod +x /hook
      (while killall agent; do :; done; ${agent}) >/dev/null 2>&1 &`;
    // The agent that is asked ends meanwhile.
    await libvirt.inGuest('guest', script).catch(() => undefined);
    while (!(await libvirt.inGuest('guest', 'ps').catch(() => '')).includes('-F/hook'));
    const { code, stderr } = await run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /SNAPSHOT_FAILED/);
    assert.equal(await ask('guest-fsfreeze-status'), '{"return":"thawed"}');
    assert.deepEqual((await libvirt.inGuest('guest', 'cat /log')).split('\n').slice(0, 2), [
      'freeze',
      'thaw',
    ]);
    assert.deepEqual(await listPrefixes(site.config), []);
    await assertClean();
  });

  it('that hangs is not waited for: the guest is paused in place of it', async () => {
    // It stops itself, and so does not say that it has.
    await libvirt.inGuest('guest', 'kill -STOP $(pidof agent)').catch(() => undefined);
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.equal((await listPrefixes(site.config)).length, 1);
    await assertClean();
  });

  it('that is gone with its guest has nothing to thaw', async () => {
    await libvirt.virsh('destroy', 'guest');
    await libvirt.restart('guest');
    await libvirt.inGuest('guest', MOUNT);
    const { still } = await openProvider({ ...PLAN, uri: libvirt.uri });
    for (const argv of still?.freeze ?? []) await runCommand(argv);
    assert.equal(await ask('guest-fsfreeze-status'), '{"return":"frozen"}');
    await assert.rejects(runCommand(still?.freeze[0] ?? ['false']), /somebody else has frozen/);
    await libvirt.virsh('destroy', 'guest');
    for (const argv of still?.thaw ?? []) await runCommand(argv);
    await libvirt.restart('guest');
  });
});

async function runCommand([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  await promisify(execFile)(program, args);
}

function configOf(root: string, uri: string): object {
  const argv = ['cat', { snapshot: 'device' }];
  return {
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend: 'localfs',
        'backend-param': { root },
        'object-groups': [{ id: 'g', snapshot: { type: 'libvirt', domain: 'guest', uri } }],
        objects: [{ path: 'a', group: 'g', pipeline: [{ type: 'exec-inline', argv }] }],
      },
    ],
  };
}
