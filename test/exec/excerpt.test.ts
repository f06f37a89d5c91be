/** The log gets the first lines of what a program prints, its last part, and how much is between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createExcerpt, type LeftOut } from '../../src/exec/excerpt.js';

const SECRET = 'sup3rs3cret';
const KIB = 1024;

interface Taken {
  readonly lines: readonly string[];
  readonly left: readonly LeftOut[];
  /** How many lines came before the end. */
  readonly live: number;
}

function excerpt(text: string, chunkBytes = 64 * KIB): Taken {
  const lines: string[] = [];
  const left: LeftOut[] = [];
  const taker = createExcerpt(8 * KIB, {
    redact: (one) => one.replaceAll(SECRET, '${s}'),
    onLine: (line) => lines.push(line),
    onLeftOut: (one) => left.push(one),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes)
    taker.push(bytes.subarray(at, at + chunkBytes));
  const live = lines.length;
  taker.end();
  return { lines, left, live };
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `row ${String(index + 1).padStart(6, '0')}`);

describe('an excerpt', () => {
  for (const count of [0, 1, 199, 200, 201, 3000]) {
    it(`is all of ${count} short lines`, () => {
      const all = numbered(count);
      const { lines, left } = excerpt(all.map((line) => `${line}\n`).join(''));
      assert.deepEqual(lines, all);
      assert.deepEqual(left, []);
    });
  }

  for (const chunkBytes of [7, 1000, 64 * KIB]) {
    it(`is the first 200 lines and the last 32 KiB of many, in chunks of ${chunkBytes}`, () => {
      const all = numbered(13_000);
      const { lines, left, live } = excerpt(all.map((line) => `${line}\n`).join(''), chunkBytes);
      assert.equal(live, 200);
      assert.deepEqual(lines.slice(0, 200), all.slice(0, 200));
      // 11 bytes a line.
      assert.deepEqual(lines.slice(200), all.slice(-Math.floor((32 * KIB) / 11)));
      assert.equal(left.length, 1);
      assert.equal(left[0]?.lines, all.length - lines.length);
      assert.equal(left[0]?.bytes, (all.length - lines.length) * 11);
    });
  }

  it('of one endless line, such as a progress bar, is as small', () => {
    const { lines, left } = excerpt('\r  1,234,567  50%  1.00MB/s'.repeat(100_000));
    const size = lines.join('').length;
    assert.ok(size > 64 * KIB && size <= 96 * KIB, String(size));
    assert.equal(left.length, 1);
    assert.equal(left[0]?.lines, 0);
  });

  it('of lines that are long is as small', () => {
    const { lines } = excerpt(`${'x'.repeat(10 * KIB)}\n`.repeat(1000));
    assert.ok(lines.join('').length <= 96 * KIB);
  });

  it('never has a part of a secret, wherever the first lines end', () => {
    const shift = 64 * KIB - 2 * SECRET.length;
    for (let before = shift; before < shift + 3 * SECRET.length; before++) {
      for (const after of [10, 20_000, 60_000]) {
        const { lines } = excerpt(`${'z'.repeat(before)}${SECRET}${'z'.repeat(after)}`, 5000);
        assert.match(lines.join(''), /^z+(\$\{s\})?z+$/);
      }
    }
  });
});
