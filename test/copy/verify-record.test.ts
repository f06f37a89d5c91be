import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { VerifyRecord } from '../../src/copy/records.js';
import { recordAfter } from '../../src/copy/verify-record.js';
import { verdictOf } from './histories.js';

const at = '2026-11-20T00:00:00.000Z';

/** `whole decoded 2 of 2`, and `undecoded` when the last decoding failed. */
function word(record: VerifyRecord | undefined): string {
  if (record === undefined) return 'none';
  const { result, depth, read, of, undecoded } = record;
  const last = undecoded === undefined ? '' : `, undecoded on ${undecoded.host}`;
  return `${result} ${depth} ${read} of ${of}${last}`;
}

/** What is recorded after these verifies of two objects, each on a host of its own: `w` whole, `d` damaged, `u` undecodable,
 * `r` unread, `-` left out; capitals: decoded. */
function recordOf(verifies: string): VerifyRecord | undefined {
  let record: VerifyRecord | undefined;
  for (const [index, found] of verifies.split(' ').entries()) {
    const news = { verdict: verdictOf(found), at, host: `h${index + 1}` };
    record = recordAfter(news, record) ?? record;
  }
  return record;
}

suite('what is recorded after verifies', () => {
  const cases: readonly (readonly [verifies: string, recorded: string])[] = [
    ['ww', 'whole stored 2 of 2'],
    ['ww dw', 'damaged stored 2 of 2'],
    ['ww d-', 'damaged stored 1 of 2'],
    ['WW ww', 'whole stored 2 of 2'],
    ['ww w-', 'whole stored 2 of 2'],
    ['w- -w', 'whole stored 1 of 2'],
    ['dd ww', 'whole stored 2 of 2'],
    ['dd w-', 'damaged stored 2 of 2'],
    ['DD ww', 'whole stored 2 of 2'],
    ['d- w-', 'damaged stored 1 of 2'],
    ['d- ww', 'whole stored 2 of 2'],
    ['ww rw', 'whole stored 2 of 2'],
    ['rw', 'none'],
    ['RU', 'none'],
    ['UW', 'whole decoded 1 of 2, undecoded on h1'],
    ['UU', 'whole decoded 0 of 2, undecoded on h1'],
    ['WW UW', 'whole decoded 2 of 2, undecoded on h2'],
    ['ww U-', 'whole stored 2 of 2, undecoded on h2'],
    ['WW UU UU', 'whole decoded 2 of 2, undecoded on h3'],
    ['UW ww', 'whole stored 2 of 2, undecoded on h1'],
    ['UW W-', 'whole decoded 1 of 2, undecoded on h1'],
    ['UW WW', 'whole decoded 2 of 2'],
    ['WW UW WW', 'whole decoded 2 of 2'],
    ['DW UW', 'whole decoded 1 of 2, undecoded on h2'],
    ['dw U-', 'damaged stored 2 of 2, undecoded on h2'],
    ['UD', 'damaged decoded 2 of 2, undecoded on h1'],
  ];
  for (const [verifies, recorded] of cases) {
    test(`${verifies}: ${recorded}`, () => {
      assert.equal(word(recordOf(verifies)), recorded);
    });
  }

  test('are the problems, those of the decoding apart, a hundred of them', () => {
    const { problems, undecoded } = recordOf('UD') ?? assert.fail();
    assert.deepEqual([problems, undecoded?.problems], [['1 is damaged'], ['0 is undecodable']]);
    const many = recordOf('d'.repeat(102))?.problems ?? [];
    assert.deepEqual([many.length, many.at(-1)], [101, 'and 2 more']);
  });
});
