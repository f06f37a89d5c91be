import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choosePartSizes, memoryOf } from '../../../src/sink/aws-s3/upload/part-size.js';

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;
const AUTOMATIC = { partSize: undefined, queueSize: undefined, maxParts: 10_000 };

describe('the parts of an object in a bucket', () => {
  it('reach 600 GiB in two volumes when nothing is known', () => {
    const { partSize, further } = choosePartSizes(AUTOMATIC, undefined);
    assert.ok(10_000 * (partSize + further.partSize) >= 600 * GIBIBYTE);
    assert.ok(10_000 * further.partSize >= 600 * GIBIBYTE);
  });

  it('take at most 84 MiB for the first volume of an object of up to 100 GiB', () => {
    for (const expected of [undefined, 0, 1, GIBIBYTE, 100 * GIBIBYTE]) {
      const { first } = memoryOf(choosePartSizes(AUTOMATIC, expected));
      assert.ok(first <= 84 * MEBIBYTE, `${expected}: ${first}`);
    }
  });

  it('fit twice the expected size into one volume', () => {
    for (const gibibytes of [1, 100, 1000, 20_000]) {
      const expected = gibibytes * GIBIBYTE;
      for (const maxParts of [1000, 10_000]) {
        const { partSize } = choosePartSizes({ ...AUTOMATIC, maxParts }, expected);
        assert.ok(partSize * maxParts >= Math.min(2 * expected, 5 * GIBIBYTE * maxParts));
      }
    }
  });

  it('are what the config says, in every volume', () => {
    const plan = { partSize: 5 * MEBIBYTE, queueSize: 7, maxParts: 10 };
    const sizes = choosePartSizes(plan, 1000 * GIBIBYTE);
    assert.deepEqual(sizes, { ...plan, further: { partSize: 5 * MEBIBYTE, queueSize: 7 } });
    assert.deepEqual(memoryOf(sizes), { first: 45 * MEBIBYTE, further: 45 * MEBIBYTE });
  });
});
