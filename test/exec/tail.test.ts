import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { createRedactor } from '../../src/exec/redactor.js';
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

describe('a secret longer than any line that is shown', () => {
  for (const [what, secret] of [
    ['of ASCII', randomBytes(30_000).toString('base64')],
    ['of other signs', Array.from({ length: 9000 }, (_, index) => `${index}\u20ac`).join('')],
  ] as const)
    for (const [how, print] of [
      ['as it is', (text: string) => text],
      ['in octal', (text: string) => text.replaceAll('\u20ac', String.raw`\342\202\254`)],
      ['in a URL', encodeURIComponent],
      ['in Base64', (text: string) => Buffer.from(`u:${text}`).toString('base64')],
    ] as const)
      it(`${what}, ${how}, is kept out of a log in pieces, and out of a tail`, () => {
        const redactor = createRedactor();
        redactor.learn(secret, '<pw>');
        const printed = print(secret);
        const text = Buffer.from(`${'z'.repeat(300)} ${printed} end`);
        const chunks = Array.from({ length: Math.ceil(text.length / 4096) }, (_, index) =>
          text.subarray(index * 4096, (index + 1) * 4096),
        );
        const lines: string[] = [];
        const onLine = (line: string): void => void lines.push(line);
        const splitter = createLineSplitter(8192, { redact: redactor.redact, onLine });
        for (const chunk of chunks) splitter.push(chunk);
        splitter.end();
        assert.match(lines.join(''), /^z+ (?:dT)?(?:<pw>)+=* end$/);
        const tail = createTail(32 * 1024);
        for (const chunk of chunks) tail.push(chunk);
        assert.equal(tail.text(redactor.redact), '');
      });
});

describe('tail', () => {
  it('keeps the last bytes, from the first whole line on', () => {
    const tail = createTail(10);
    tail.push(Buffer.from('first line\nsecond\nthird'));
    assert.equal(tail.text(redact), 'third');
  });

  it('of one endless line, keeps nothing that may begin within a secret', () => {
    const tail = createTail(40);
    tail.push(Buffer.from(`${SECRET}${'z'.repeat(35)}`));
    assert.equal(tail.text(redact), 'z'.repeat(30));
  });
});
