import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readInTurn } from '../../src/sink/stored-manifest.js';

const MIB = 1024 * 1024;

test('large manifests are read one after the other, small ones at the same time', async () => {
  const most = async (size: number): Promise<number> => {
    let [now, highest] = [0, 0];
    const read = async (): Promise<void> => {
      now += 1;
      highest = Math.max(highest, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    };
    await Promise.all([1, 2, 3, 4].map(() => readInTurn(size, read)));
    return highest;
  };
  assert.deepEqual([await most(5 * MIB), await most(4 * MIB)], [1, 4]);
});

test('a large manifest that cannot be read does not keep the next from being read', async () => {
  const failing = readInTurn(5 * MIB, () => Promise.reject(new Error('no')));
  const next = readInTurn(5 * MIB, () => Promise.resolve('read'));
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'read');
});
