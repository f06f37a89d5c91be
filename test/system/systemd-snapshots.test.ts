/**
 * What doc/snapshots.md, "In a service", says that the shipped unit lacks for a snapshot: with all of it the service takes, reads and
 * removes one, and without any line it does not. Debian packages: systemd-container systemd dbus iproute2 util-linux btrfs-progs mount.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Btrfs, makeBtrfs, run, whyNoBtrfs } from '../rig/btrfs.js';
import { TOP } from '../shipped/core.js';
import { type Container, startContainer } from './container.js';
import { whyNoLab } from './lab.js';

const UNIT = 'palhm@night.service';
const TASK = {
  id: 'night',
  type: 'backup',
  backend: 'localfs',
  'backend-param': { root: '/var/backups/lab/night' },
  'object-groups': [
    {
      id: 'g',
      snapshot: { type: 'btrfs', subvolume: '/srv/data', directory: '/srv/.snapshots' },
    },
  ],
  objects: [
    {
      path: 'o',
      group: 'g',
      pipeline: [
        { type: 'exec-inline', argv: ['tar', '-cC', { snapshot: 'path' }, 'file'], 'vl-stderr': 0 },
      ],
    },
  ],
};

/** The lines of the drop-in. */
function linesFor(type: string): readonly string[] {
  const page = readFileSync(join(TOP, 'doc/snapshots.md'), 'utf8');
  const row = new RegExp(`^\\| \`${type}\` +\\| (.*)`, 'm').exec(page)?.[1] ?? '';
  return [...row.matchAll(/`([^`]+=[^`]*)`/g)].map(([, line = '']) => line);
}

suite('a snapshot in the shipped unit', { skip: whyNoLab('systemd-up.sh') || whyNoBtrfs() }, () => {
  let btrfs: Btrfs;
  let container: Container;
  before(async () => {
    btrfs = makeBtrfs();
    mkdirSync(join(btrfs.top, '.snapshots'));
    writeFileSync(join(btrfs.data, 'file'), 'text');
    container = await startContainer([`${btrfs.top}:/srv`]);
    await container.configure({ tasks: [TASK] });
  });
  after(async () => {
    await container.remove();
    btrfs.remove();
  });

  async function startWith(lines: readonly string[]): Promise<number> {
    await container.dropIn(UNIT, ['[Service]', ...lines].join('\n'));
    return (await container.run(`systemctl start ${UNIT}`)).code;
  }

  test('of btrfs needs all lines of its drop-in, and no more', async () => {
    const lines = linesFor('btrfs');
    assert.equal(lines.length, 2);
    for (const left of lines)
      assert.equal(await startWith(lines.filter((line) => line !== left)), 1, left);
    assert.equal(await startWith(lines), 0, await container.mustRun(`journalctl -u ${UNIT}`));
    assert.equal(run('btrfs', 'subvolume', 'list', '-s', btrfs.top), '');
  });
});
