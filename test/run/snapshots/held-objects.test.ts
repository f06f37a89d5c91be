/** What a program prints that holds becomes objects of the copy: real programs, a real file system, the real palhm. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { parseManifest } from '../../../src/wire/parse-manifest.js';
import { type Btrfs, makeBtrfs, snapshotsIn, whyNoBtrfs } from '../../rig/btrfs.js';
import { leftoversIn, readWholeCopy } from '../../rig/copies.js';
import { callPalhm, startPalhm } from '../../rig/palhm.js';
import { listPrefixes, makeSite, type Site } from '../../rig/site.js';

/** Holds until its stdin ends, then prints. */
const HOLD = 'echo it holds; cat >/dev/null; ';
const TWO = String.raw`printf 'START 0/2\nLABEL\n\0map\n\0'`;

describe('what a program prints that holds', { skip: whyNoBtrfs() }, () => {
  let btrfs: Btrfs;
  let site: Site;
  beforeEach(() => {
    btrfs = makeBtrfs();
    mkdirSync(join(btrfs.top, 'snapshots'));
    writeFileSync(join(btrfs.data, 'file'), 'text');
    site = makeSite();
    mkdirSync(site.root);
  });
  afterEach(() => {
    site.remove();
    btrfs.remove();
  });

  const inline = (script: string, more = {}): object => ({
    type: 'exec-inline',
    argv: ['bash', '-c', script],
    ...more,
  });
  /** A group with a freeze and no snapshot: it holds while the object is made. */
  const writeLong = (script: string, { max = '60s', tar = 'echo text' } = {}): void => {
    write(script, tar);
    const config = JSON.parse(readFileSync(site.config, 'utf8'));
    const [group] = config.tasks[0]['object-groups'];
    group.freeze = { ...group.snapshot.freeze, max };
    delete group.snapshot;
    config.tasks[0].objects[0].pipeline = [inline(tar)];
    writeFileSync(site.config, JSON.stringify(config));
  };
  const write = (script: string, tar = 'tar -C "$0" -c .'): void => {
    const snapshot = {
      type: 'btrfs',
      subvolume: btrfs.data,
      directory: join(btrfs.top, 'snapshots'),
      freeze: {
        hold: inline(HOLD + script),
        output: [
          { path: 'data/label' },
          {
            path: 'data/map.gz',
            'may-be-empty': true,
            pipeline: [inline('gzip -nc', { inverse: { argv: ['gzip', '-dc'] } })],
          },
        ],
      },
    };
    const objects = [
      {
        path: 'data.tar',
        group: 'g',
        pipeline: [{ type: 'exec-inline', argv: ['bash', '-c', tar, { snapshot: 'path' }] }],
      },
    ];
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: site.root },
      'object-groups': [{ id: 'g', snapshot }],
      objects,
    };
    writeFileSync(site.config, JSON.stringify({ tasks: [task] }));
  };
  const call = (...args: readonly string[]) => callPalhm(['-f', site.config, ...args]);
  const onlyCopy = async (): Promise<string> => {
    const [copy = '', ...more] = await listPrefixes(site.config);
    assert.deepEqual(more, []);
    return copy;
  };
  const assertNothing = async (): Promise<void> => {
    assert.deepEqual(await listPrefixes(site.config), []);
    assert.deepEqual(leftoversIn(site.root), []);
    assert.deepEqual(snapshotsIn(btrfs.top), []);
  };

  it('is stored as every object is, verified, and restored to where it is to be', async () => {
    write(TWO);
    const { code, stderr } = await call('run', 'backup');
    assert.equal(code, 0, stderr);
    const copy = await onlyCopy();
    readWholeCopy(site.root, copy);
    const file = (path: string) => readFileSync(join(site.root, copy, path));
    assert.equal(String(file('data/label')), 'START 0/2\nLABEL\n');
    assert.equal(String(gunzipSync(file('data/map.gz'))), 'map\n');
    const { objects } = parseManifest(String(file(MANIFEST_NAME)));
    assert.deepEqual(
      objects.map(({ path, group, stages, restore }) => [
        path,
        group,
        stages.map(({ argv, exitCode }) => [argv.at(-1), exitCode]),
        restore,
      ]),
      [
        ['data.tar', 'g', [[`\${snapshot:path}`, 0]], 'cat <data.tar'],
        ['data/label', 'g', [[HOLD + TWO, 0]], 'cat <data/label'],
        [
          'data/map.gz',
          'g',
          [
            [HOLD + TWO, 0],
            ['gzip -nc', 0],
          ],
          'gzip -dc <data/map.gz',
        ],
      ],
    );
    assert.equal((await call('verify', 'backup', '--decode')).code, 0);
    const to = join(site.directory, 'to');
    const restored = await call('restore', 'backup', '--to', to, '--extract');
    assert.equal(restored.code, 0, restored.stderr);
    assert.equal(readFileSync(join(to, 'data/file'), 'utf8'), 'text');
    assert.equal(readFileSync(join(to, 'data/label'), 'utf8'), 'START 0/2\nLABEL\n');
    assert.equal(readFileSync(join(to, 'data/map'), 'utf8'), 'map\n');
  });

  it('may be empty where the config says so: then there is no such object', async () => {
    write(String.raw`printf 'label\0\0'`);
    assert.equal((await call('run', 'backup')).code, 0);
    const copy = await onlyCopy();
    assert.deepEqual([...readWholeCopy(site.root, copy).keys()].sort(), ['data.tar', 'data/label']);
  });

  for (const [how, script, why] of [
    ['nothing', 'true', /HOOK_FAILED[^]*thaw of group "g": bash printed 1 text for/],
    ['nothing for one', String.raw`printf '\0map'`, /bash printed nothing for "data\/label"/],
    [
      'a label, and fails',
      `${TWO}; echo no >&2; exit 3`,
      /thaw of group "g": bash exited with status 3/,
    ],
  ] as const)
    it(`fails the run, before any object is made, when it is ${how}`, async () => {
      write(script, `touch ${site.directory}/made; tar -c -C "$0" .`);
      const { code, stderr } = await call('run', 'backup');
      assert.equal(code, 1, stderr);
      assert.match(stderr, why);
      assert.equal(existsSync(join(site.directory, 'made')), false);
      await assertNothing();
    });

  it('is gone with its copy when an object fails, or a filter of its own', async () => {
    write(TWO, 'exit 1');
    assert.equal((await call('run', 'backup')).code, 1);
    await assertNothing();
    write(TWO);
    const text = readFileSync(site.config, 'utf8').replace('gzip -nc', 'exit 7');
    writeFileSync(site.config, text);
    const { code, stderr } = await call('run', 'backup');
    assert.equal(code, 1);
    assert.match(stderr, /object "data\/map.gz" in group "g"[^]*bash exited with status 7/);
    await assertNothing();
  });

  it('is not waited for when the run is stopped', async () => {
    write('echo told >&2; exec sleep 600');
    const palhm = startPalhm(['-f', site.config, '-v', '--log-format', 'json', 'run', 'backup']);
    await palhm.event('stage-output');
    palhm.child.kill('SIGTERM');
    assert.equal((await palhm.ended).code, 143);
    await assertNothing();
  });

  it('comes after the objects of a group without a snapshot, which are made while it holds', async () => {
    const held = join(site.directory, 'held');
    writeLong(`rm ${held}; ${TWO}`, { tar: `touch ${held}; echo text` });
    const { code, stderr } = await call('-v', 'run', 'backup');
    assert.equal(code, 0, stderr);
    const objects = [...readWholeCopy(site.root, await onlyCopy()).keys()].sort();
    assert.deepEqual(objects, ['data.tar', 'data/label', 'data/map.gz']);
    assert.equal(existsSync(held), false);
    assert.match((await call('run', 'backup', '--plan')).stdout, /frozen for 1 min at most/);
  });

  it('does not come when the objects take longer than it may hold: the run fails', async () => {
    writeLong(TWO, { max: '1s', tar: 'sleep 60' });
    const { code, stderr } = await call('run', 'backup');
    assert.equal(code, 1);
    assert.match(stderr, /FREEZE_EXPIRED[^]*group "g" was frozen longer than 1.0 s/);
    await assertNothing();
  });

  it('is made in a dry run, is in the plan, and may be the only object that is tried', async () => {
    write(TWO);
    const { code, stderr } = await call('run', 'backup', '--dry-run', '--only', 'data/label');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /data\/label/);
    assert.doesNotMatch(stderr, /data\.tar/);
    await assertNothing();
    const { stdout } = await call('run', 'backup', '--plan');
    assert.match(stdout, /becomes\n\s+data\/label\n\s+data\/map.gz, unless it is empty/);
    const json = JSON.parse((await call('run', 'backup', '--plan', '--json')).stdout);
    assert.deepEqual(json.tasks[0].groups[0].snapshot.freeze.output, [
      { path: 'data/label', may_be_empty: false },
      { path: 'data/map.gz', may_be_empty: true },
    ]);
  });
});
