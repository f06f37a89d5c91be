/** Finds the mount that a path is on, in the table of the kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseMount, findMount, findMountsBelow, parseMounts } from '../../src/host/mounts.js';

const TABLE = String.raw`22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /media rw shared:5 master:2 - tmpfs tmpfs rw
31 30 0:44 / /media/back\040up rw - nfs4 nas:/export\040x rw
32 30 0:45 / /media/b rw - cifs //nas/one rw
33 30 0:46 / /media/b rw - cifs //nas/two rw
`;

for (const [path, source] of [
  ['/', '/dev/vda1'],
  ['/mediathek', '/dev/vda1'],
  ['/media', 'tmpfs'],
  ['/media/back up/host', 'nas:/export x'],
  ['/media/back upper', 'tmpfs'],
  ['/media/b/c', '//nas/two'],
] as const) {
  test(`${path} is on ${source}`, () => {
    assert.equal(chooseMount(path, parseMounts(TABLE))?.source, source);
  });
}

test('without a table nothing is known', () => {
  assert.equal(chooseMount('/x', parseMounts('')), undefined);
});

test('proc is where it always is', async () => {
  const mount = await findMount('/proc/self');
  assert.deepEqual([mount?.mountPoint, mount?.type], ['/proc', 'proc']);
});

test('what is mounted below a directory is found, the directory itself included', async () => {
  assert.ok((await findMountsBelow('/proc')).includes('/proc'));
  assert.deepEqual(await findMountsBelow('/proc/self'), []);
});
