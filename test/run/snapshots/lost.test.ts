/** A snapshot that somebody takes away while it is read, which the program that reads it takes for good. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { makeBtrfs, snapshotsIn, whyNoBtrfs } from '../../rig/btrfs.js';
import { makeFileSystem, whyNoFileSystem } from '../../rig/file-system.js';
import { callPalhm, type Ended } from '../../rig/palhm.js';
import { listPrefixes, makeSite, type Site } from '../../rig/site.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
});
afterEach(() => site.remove());

/** Reads `file` of the snapshot, does this to it, and ends well. */
async function backUp(snapshot: object, script: string): Promise<Ended> {
  const argv = ['sh', '-c', `cat "$0/file"; ${script}; exit 0`, { snapshot: 'path' }];
  const task = {
    id: 'backup',
    type: 'backup',
    backend: 'localfs',
    'backend-param': { root: site.root },
    'object-groups': [{ id: 'g', snapshot }],
    objects: [{ path: 'o', group: 'g', pipeline: [{ type: 'exec-inline', argv }] }],
  };
  writeFileSync(site.config, JSON.stringify({ tasks: [task] }));
  return await callPalhm(['-f', site.config, 'run', 'backup']);
}

async function assertLost(
  { code, stderr }: Ended,
  why: RegExp,
  before: readonly string[] = [],
): Promise<void> {
  assert.equal(code, 1, stderr);
  assert.match(stderr, /SNAPSHOT_LOST/);
  assert.match(stderr, why);
  assert.deepEqual(await listPrefixes(site.config), before);
}

test('a copy of a subvolume whose snapshot was removed is none', {
  skip: whyNoBtrfs(),
}, async () => {
  const btrfs = makeBtrfs();
  try {
    writeFileSync(join(btrfs.data, 'file'), 'old');
    const snapshot = { type: 'btrfs', subvolume: btrfs.data };
    const good = await backUp(snapshot, ':');
    assert.equal(good.code, 0, good.stderr);
    const before = await listPrefixes(site.config);
    for (const [script, why] of [
      ['btrfs subvolume delete "$0" >&2', /the snapshot \S+ was removed while it was read/],
      ['btrfs property set -f "$0" ro false', /was made writable while it was read/],
    ] as const) {
      await assertLost(await backUp(snapshot, script), why, before);
      assert.deepEqual(snapshotsIn(btrfs.top), []);
    }
  } finally {
    btrfs.remove();
  }
});

for (const type of ['ext4', 'xfs'] as const)
  test(`a copy of a frozen ${type} that somebody thaws is none`, {
    skip: whyNoFileSystem(type),
  }, async () => {
    const files = makeFileSystem(type);
    try {
      writeFileSync(join(files.top, 'file'), 'old');
      const snapshot = { type: 'fs', mount: files.top, freeze: { max: '20s' } };
      await assertLost(await backUp(snapshot, 'fsfreeze -u "$0"'), /was thawed while it was read/);
      // It is not left frozen.
      writeFileSync(join(files.top, 'file'), 'new');
      const good = await backUp(snapshot, ':');
      assert.equal(good.code, 0, good.stderr);
    } finally {
      files.remove();
    }
  });
