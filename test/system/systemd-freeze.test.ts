/**
 * What a service of systemd has frozen is thawed, however the service ends: a real file system, which nobody can write to while it is
 * frozen. Debian packages: systemd-container systemd dbus iproute2 util-linux e2fsprogs mount.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { run } from '../rig/btrfs.js';
import { type FileSystem, makeFileSystem, whyNoFileSystem } from '../rig/file-system.js';
import { type Container, startContainer } from './container.js';
import { whyNoLab } from './lab.js';

const TASK = {
  id: 'frozen',
  type: 'backup',
  backend: 'localfs',
  'backend-param': { root: '/var/backups/lab/frozen' },
  'object-groups': [
    { id: 'g', snapshot: { type: 'fs', mount: '/srv/data', freeze: { max: '10m' } } },
  ],
  objects: [
    {
      path: 'o',
      group: 'g',
      pipeline: [
        {
          type: 'exec-inline',
          argv: ['sh', '-c', 'echo it reads >&2; exec sleep 54321'],
          'vl-stderr': 0,
        },
      ],
    },
  ],
};
const THAWED_MS = 20_000;
const UNIT = 'palhm@frozen.service';
const CAPABLE = 'CapabilityBoundingSet=CAP_SYS_ADMIN';
/** As where a container, or a policy, has no systemd for palhm. */
const ALONE = 'InaccessiblePaths=/run/systemd/private /run/dbus';

suite('what a service has frozen', {
  skip: whyNoLab('systemd-up.sh') || whyNoFileSystem('ext4'),
  timeout: 5 * 60_000,
}, () => {
  let files: FileSystem;
  let container: Container;
  before(async () => {
    files = makeFileSystem('ext4');
    container = await startContainer([`${files.top}:/srv/data`]);
    await container.configure({ tasks: [TASK] });
  });
  after(async () => {
    await container.remove();
    files.remove();
  });

  /** Starts the service, and returns when the file system is frozen and its object reads. */
  async function start(...more: readonly string[]): Promise<void> {
    await container.dropIn(UNIT, ['[Service]', CAPABLE, ...more].join('\n'));
    await container.mustRun(
      `systemctl reset-failed; journalctl --rotate -q; journalctl --vacuum-time=1s -q; systemctl start --no-block ${UNIT}`,
    );
    await container.journalSays(UNIT, 'it reads');
    assert.equal(isThawed(), false);
  }
  /** Whoever freezes what is frozen is refused. */
  function isThawed(): boolean {
    try {
      run('fsfreeze', '-f', files.top);
    } catch {
      return false;
    }
    run('fsfreeze', '-u', files.top);
    return true;
  }
  async function untilThawed(): Promise<void> {
    const deadline = performance.now() + THAWED_MS;
    while (!isThawed()) {
      assert.ok(performance.now() < deadline, `it stays frozen:\n${await journal()}`);
      await turn();
    }
  }
  /** The scopes of watchdogs. */
  const watchdogs = async (): Promise<readonly string[]> => {
    const list = 'systemctl list-units --all --plain --no-legend "palhm-watchdog-*.scope"';
    return (await container.mustRun(list)).match(/^\S+/gm) ?? [];
  };
  const kill = (signal: string, units: string): Promise<string> =>
    container.mustRun(`systemctl kill --kill-whom=all --signal=${signal} ${units}`);
  const ended = (): Promise<void> => container.journalSays(UNIT, `${UNIT}: Failed with result`);
  const journal = (): Promise<string> =>
    container.mustRun('journalctl --sync; journalctl --no-pager -o cat');

  test('is thawed by the watchdog, which has a scope of its own, when all of the service is killed', async () => {
    await start('ExecStopPost=');
    const [watchdog = '', ...others] = await watchdogs();
    assert.deepEqual(others, []);
    await kill('KILL', UNIT);
    await untilThawed();
    await ended();
    await container.journalSays(watchdog, 'palhm watchdog: palhm has ended: thawed group');
    const notes = await container.mustRun('find /run/palhm -name "palhm-0-freeze-*"');
    assert.equal(notes, '');
  });
  test('is thawed by what the service does at its end, when the watchdog is killed, too', async () => {
    await start();
    await kill('STOP', UNIT);
    await kill('KILL', '"palhm-watchdog-*.scope"');
    assert.equal(isThawed(), false);
    await kill('KILL', UNIT);
    await ended();
    assert.ok(isThawed());
    assert.match(await journal(), /^thawed: group "g" of task "frozen", frozen since/m);
  });
  test('is thawed when the service is stopped', async () => {
    await start();
    await container.mustRun(`systemctl stop ${UNIT}`);
    assert.ok(isThawed());
    const said = await journal();
    assert.match(said, /group "g" was frozen for/);
    assert.doesNotMatch(said, /^thawed: |nothing is frozen/m);
    assert.deepEqual(await watchdogs(), []);
  });
  test('is thawed at the end of the service where there is no scope, which is warned of', async () => {
    await start(ALONE);
    assert.deepEqual(await watchdogs(), []);
    await kill('KILL', UNIT);
    await ended();
    assert.ok(isThawed());
    const said = await journal();
    assert.match(said, /the watchdog of group "g" has no scope of its own/);
    assert.match(said, /^thawed: group "g"/m);
  });
});
