/** What is said before a run of a snapshot that this host cannot take. Needs root; Debian packages: btrfs-progs, mount, util-linux. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findProgram } from '../../../src/host/programs.js';
import { type Btrfs, makeBtrfs, whyNoBtrfs } from '../../rig/btrfs.js';
import { callPalhm, type Ended, PALHM } from '../../rig/palhm.js';
import { makeScratch } from '../../rig/scratch.js';
import { listPrefixes } from '../../rig/site.js';

const TRUE = { type: 'exec-inline', argv: ['true'] };

describe('a config with a snapshot', { skip: whyNoBtrfs() }, () => {
  let btrfs: Btrfs;
  let config: string;
  before(() => {
    btrfs = makeBtrfs();
    config = join(btrfs.top, 'palhm.jsonc');
    mkdirSync(join(btrfs.top, ' %n\n;'));
    writeFileSync(join(btrfs.data, 'file'), 'text');
  });
  after(() => btrfs.remove());

  const root = makeScratch();
  interface More {
    readonly task?: object;
    readonly group?: object;
    readonly tasks?: readonly object[];
  }
  const write = (snapshot: object, { task, group, tasks = [] }: More = {}): void => {
    const backup = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root },
      'object-groups': [{ id: 'g', snapshot: { type: 'btrfs', ...snapshot }, ...group }],
      objects: [
        {
          path: 'o',
          group: 'g',
          pipeline: [
            {
              type: 'exec-inline',
              argv: ['cat', { concat: [{ snapshot: 'path' }, '/file'] }],
            },
          ],
        },
      ],
      ...task,
    };
    writeFileSync(config, JSON.stringify({ tasks: [backup, ...tasks] }));
  };
  const check = (): Promise<Ended> => callPalhm(['-f', config, 'config', 'check']);
  const run = (task: string): Promise<Ended> => callPalhm(['-f', config, 'run', task]);

  it('is relative to its file, and may have any name', async () => {
    write({ subvolume: 'data', directory: ' %n\n;' });
    const checked = await check();
    assert.equal(checked.code, 0, checked.stderr);
    const ended = await run('backup');
    assert.equal(ended.code, 0, ended.stderr);
    const [prefix = ''] = await listPrefixes(config);
    assert.equal(readFileSync(join(root, prefix, 'o'), 'utf8'), 'text');
  });

  it('is wrong where there is no such subvolume, and is not run', async () => {
    write({ subvolume: 'not-mounted/data' });
    for (const ended of [await check(), await run('backup')]) {
      assert.equal(ended.code, 78, ended.stderr);
      assert.match(
        ended.stderr,
        /CONFIG_VALUE .*palhm\.jsonc:1:\d+\n {2}There is no .*not-mounted/,
      );
    }
  });

  it('is right where something may make it before: of the task, the group or a routine that runs it', async () => {
    const snapshot = { subvolume: 'not-mounted/data' };
    const routine = (more: object) => ({
      tasks: [
        { id: 'r', type: 'routine', routine: [{ type: 'task', 'task-id': 'backup' }], ...more },
      ],
    });
    const steps = [TRUE, { type: 'task', 'task-id': 'backup' }];
    const ways: readonly More[] = [
      { task: { before: [TRUE] } },
      { group: { before: [TRUE] } },
      routine({ before: [TRUE] }),
      routine({ routine: steps }),
    ];
    for (const way of ways) {
      write(snapshot, way);
      const checked = await check();
      assert.equal(checked.code, 0, checked.stderr);
      const ended = await run(way.tasks === undefined ? 'backup' : 'r');
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, /SNAPSHOT_FAILED/);
    }
    write(snapshot, routine({}));
    assert.equal((await check()).code, 78);
    write(snapshot, routine({ before: [TRUE] }));
    assert.equal((await run('backup')).code, 78, 'without its routine');
  });

  it('is wrong without the program, whatever runs before', async () => {
    write({ subvolume: 'data' }, { task: { before: [TRUE] } });
    // In a mount namespace of its own something that cannot be run hides it.
    const script = 'mount --bind /dev/null "$(realpath "$0")"; exec "$@"';
    const argv = [String(findProgram('btrfs')), process.execPath, PALHM, '-f', config];
    const { status, stderr } = spawnSync(
      'unshare',
      ['--mount', 'sh', '-ec', script, ...argv, 'config', 'check'],
      { encoding: 'utf8' },
    );
    assert.equal(status, 78, stderr);
    assert.match(stderr, /CONFIG_EXECUTABLE .*\n {2}There is no program "btrfs"/);
  });
});
