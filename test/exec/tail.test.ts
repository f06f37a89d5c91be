import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLineSplitter, createTail } from '../../src/exec/tail.js';

const SECRET = 'sup3rs3cret';
const redact = (text: string): string => text.replaceAll(SECRET, '${s}');

function split(limit: number, chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter(limit, { redact, onLine: (line) => lines.push(line) });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('line splitter', () => {
  for (const [what, chunks, lines] of [
    ['lines', ['a\nb\n'], ['a', 'b']],
    ['empty lines', ['\n\na\n'], ['', '', 'a']],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['CRLF', ['a\r\n', '\r\nb\r', '\n'], ['a', '', 'b']],
    ['a line in pieces', ['ab', 'cd', '\ne'], ['abcd', 'e']],
    ['a character in pieces', [Buffer.from([0xc3]), Buffer.from([0xa4, 10])], ['ä']],
    [
      'a line longer than the limit',
      [`${'x'.repeat(45)}\n`],
      ['x'.repeat(20), 'x'.repeat(20), 'x'.repeat(5)],
    ],
    ['a secret in pieces', ['a sup3', 'rs3', 'cret b\n'], ['a ${s} b']],
    ['nothing', [], []],
  ] as const) {
    it(what, () => assert.deepEqual(split(20, chunks), lines));
  }

  it('never hands on a part of a secret, wherever it lies in an endless line', () => {
    for (let before = 0; before < 130; before++) {
      for (const size of [1, 7, 64, 1000]) {
        const text = `${'z'.repeat(before)}${SECRET}${'z'.repeat(100)}`;
        const chunks = text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
        const out = split(32, chunks).join('');
        assert.equal(out, redact(text), `${before} before, chunks of ${size}`);
      }
    }
  });
});

describe('tail', () => {
  it('keeps the last bytes, from the first whole line on', () => {
    const tail = createTail(10);
    tail.push(Buffer.from('first line\nsecond\nthird'));
    assert.equal(tail.text(), 'third');
  });

  it('of one endless line, keeps nothing that may begin within a secret', () => {
    const tail = createTail(40);
    tail.push(Buffer.from(`${SECRET}${'z'.repeat(35)}`));
    assert.equal(tail.text(), 'z'.repeat(30));
  });
});
