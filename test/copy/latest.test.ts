import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Copy } from '../../src/copy/copy.js';
import { describeClock, findLatest } from '../../src/copy/latest.js';
import { copyAt, NOW } from './histories.js';

const MINUTE = 60_000_000;
const now = NOW / 1000;
/** Dated so many minutes after now. */
const dated = (minutes: number, manifest = true): Copy => ({
  ...copyAt(NOW + minutes * MINUTE),
  manifest,
});

suite('the newest copy', () => {
  const [old, last, soon, tomorrow, later] = [
    dated(-60),
    dated(-1),
    dated(10),
    dated(11),
    dated(99),
  ];
  const [original, newer] = [dated(-30, false), dated(-2, false)];
  const cases: readonly [string, readonly Copy[], Copy | undefined, number, RegExp?][] = [
    ['of none is none', [], undefined, 0],
    ['is the last by its name, in whatever order they come', [last, old], last, 0],
    ['may be ahead by what clocks differ', [last, soon], soon, 0],
    ['is not one dated after now', [old, tomorrow], old, 1, /is dated after now .* passed over/],
    ['is none of many dated after now', [old, tomorrow, later], old, 2, /are dated after now/],
    ['is the last when all are dated after now', [later, tomorrow], later, 0, /probably wrong/],
    ['has a manifest where there is one', [old, newer], old, 0],
    ['has none where none has', [original, newer], newer, 0],
    ['is rather without one than dated after now', [newer, later], newer, 1, /passed over/],
  ];
  for (const [what, copies, expected, passedOver, message] of cases)
    test(what, () => {
      const found = findLatest(copies, now);
      assert.equal(found.latest, expected);
      assert.equal(found.passedOver.length, passedOver);
      const said = describeClock(found, now);
      if (message === undefined) assert.equal(said, undefined);
      else assert.match(said ?? '', message);
    });
  test('names some of those it passes over, and counts the others', () => {
    const many = Array.from({ length: 8 }, (_, index) => dated(100 + index));
    const said = describeClock(findLatest([dated(-1), ...many], now), now) ?? '';
    assert.match(said, /and 3 more are dated after now/);
    assert.ok(said.includes(many[7]?.prefix.name ?? '?'), said);
  });
});
