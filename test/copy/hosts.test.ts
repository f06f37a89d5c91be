import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Copy } from '../../src/copy/copy.js';
import { describeHosts } from '../../src/copy/hosts.js';
import { copyAt, NOW } from './histories.js';

const by = (...hosts: (string | undefined)[]): Copy[] =>
  hosts.map((host, index) => Object.assign(copyAt(NOW + index), { host }));

test('copies of one host, or of nobody knows whom, are nothing to speak of', () => {
  for (const copies of [by(), by('db1', 'db1'), by(undefined, 'db1'), by(undefined)])
    assert.equal(describeHosts(copies), undefined);
  assert.equal(describeHosts(by('db1'), 'db1'), undefined);
  assert.equal(describeHosts(by(), 'db1'), undefined);
});

test('every host is named with the number of its copies, also the one that makes its first', () => {
  const start = 'the root has copies of 2 hosts under this task: ';
  assert.equal(describeHosts(by('db1', 'db2', 'db1')), `${start}db1 (2 copies), db2 (1 copy)`);
  assert.equal(describeHosts(by('db1'), 'db2'), `${start}db1 (1 copy), db2 (0 copies)`);
});

test('of a container with a new name each night the newest are named', () => {
  const names = Array.from({ length: 30 }, (_, index) => `c${index}`);
  const said = describeHosts(by(...names)) ?? '';
  assert.match(said, /copies of 30 hosts .*c29 \(1 copy\) and 25 more$/);
});
