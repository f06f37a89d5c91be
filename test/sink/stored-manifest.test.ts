import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LARGEST_MANIFEST,
  readInTurn,
  renderStoredManifest,
} from '../../src/sink/stored-manifest.js';
import { renderManifest } from '../../src/wire/manifest.js';
import { manifestOf, prefixAt, SMALL_OBJECT } from '../rig/sinks.js';

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

test('what is small enough to be read, but has more values than are read, is not stored', () => {
  const depends = Array.from({ length: 8_000_001 }, () => '');
  const groups = [{ id: 'default', depends }];
  const manifest = { ...manifestOf(prefixAt(0), [SMALL_OBJECT]), groups };
  assert.ok(renderManifest(manifest).length < LARGEST_MANIFEST);
  assert.throws(() => renderStoredManifest(manifest), {
    code: 'MANIFEST_TOO_LARGE',
    message: /has more than 8000000 values, and palhm would not read it again$/,
  });
});
