/** Finds the mount that a path is on, in the table of the kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chooseMount,
  chooseMountsBelow,
  findMount,
  findMountsBelow,
  parseMounts,
} from '../../src/host/mounts.js';

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

test('a mount is hidden by one that is made over it later', () => {
  const table = `1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /a/b rw - ext4 b rw\n3 1 8:3 / /a rw - ext4 c rw\n`;
  assert.equal(chooseMount('/a/b/x', parseMounts(table))?.source, 'c');
});

const BOUND = String.raw`54 42 254:0 / / rw,relatime - ext4 /dev/vda rw
60 54 8:1 / /home rw - xfs /dev/sda1 rw
61 60 0:50 / /home/tree/sub rw - tmpfs none rw
62 61 0:51 / /home/tree/sub/deep rw - tmpfs none rw
63 54 254:0 / /clean rw - ext4 /dev/vda rw
64 54 8:1 /tree /media/tree rw - xfs /dev/sda1 rw
65 54 0:52 / /srv/a\040b/c rw - tmpfs none rw
66 63 0:53 / /clean/srv/d rw - tmpfs none rw
67 54 8:1 / /media/moved rw - xfs /dev/sda1 rw
68 67 0:54 / /media/moved/tree2 rw - tmpfs none rw
`;

for (const [directory, name, found] of [
  ['/', 'home', ['/home', '/home/tree/sub', '/home/tree/sub/deep']],
  ['/home', 'tree', ['/home/tree/sub', '/home/tree/sub/deep']],
  ['/home', 'tree2', ['/media/moved/tree2']],
  ['/media', 'tree', ['/media/tree']],
  ['/media/tree', 'sub', ['/home/tree/sub', '/home/tree/sub/deep']],
  ['/media/tree', 'other', []],
  ['/media/moved', 'tree', ['/home/tree/sub', '/home/tree/sub/deep']],
  ['/clean/srv', 'a b', ['/srv/a b/c']],
  ['/srv', 'd', ['/clean/srv/d']],
  ['/srv', 'a', []],
  ['/clean', 'home', ['/home', '/home/tree/sub', '/home/tree/sub/deep']],
  ['/clean/home', 'tree', []],
  ['/home/tree/sub', 'x', []],
] as const) {
  test(`below ${directory} ${name}, by whatever path: ${found.join(' ') || 'nothing'}`, () => {
    assert.deepEqual(chooseMountsBelow({ directory, name }, parseMounts(BOUND)), found);
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
