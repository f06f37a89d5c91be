import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createScan } from '../../src/host/text-scan.js';

type Kind = 'contains' | 'ends-with';

/** Whether the text is found, however the stream is cut into two or three chunks, or into chunks of one size. */
function findings(type: Kind, text: string, stream: string): Set<boolean> {
  const bytes = Buffer.from(stream, 'latin1');
  const cuts: number[][] = [[], [1], [3], [7]].map(([every]) =>
    every === undefined ? [] : Array.from({ length: bytes.length / every }, (_, i) => i * every),
  );
  for (let first = 0; first <= bytes.length; first++) {
    cuts.push([first], [first, Math.min(bytes.length, first + 2)]);
  }
  return new Set(
    cuts.map((at) => {
      const scan = createScan({ type, text, stage: 0 });
      const reused = Buffer.alloc(bytes.length);
      for (const [index, end] of [...at, bytes.length].entries()) {
        // Into one piece of memory, as a reader does.
        const size = bytes.copy(reused, 0, index === 0 ? 0 : (at[index - 1] ?? 0), end);
        scan.push(reused.subarray(0, size));
      }
      return scan.isFound();
    }),
  );
}

const TABLE: readonly [Kind, text: string, stream: string, found: boolean][] = [
  ['contains', 'abc', 'xxabcxx', true],
  ['contains', 'abc', 'ababc', true],
  ['contains', 'aab', 'aaab', true],
  ['contains', 'abc', 'ab', false],
  ['contains', 'abc', 'ab c', false],
  ['contains', 'abc', '', false],
  ['contains', 'a', 'ba', true],
  ['contains', 'ü', 'x\xc3\xbcx', true],
  ['contains', 'A', 'a', false],
  ['contains', '.*', 'abc', false],
  ['ends-with', 'done', 'work\ndone', true],
  ['ends-with', 'done', 'work done\n', true],
  ['ends-with', 'done', 'done \t\r\n\n', true],
  ['ends-with', 'done', 'done on 2022-05-01\n', true],
  ['ends-with', 'done', 'x\ndone on 2022-05-01 6:59:17\n\n', true],
  ['ends-with', 'done', 'x\nnot done on 2022-05-01\n', false],
  ['ends-with', 'done', 'done\nmore\n', false],
  ['ends-with', 'done', 'don', false],
  ['ends-with', 'done', '', false],
  ['ends-with', 'done\n', 'done', true],
  ['ends-with', '--\n-- done\n--', 'x\n--\n-- done\n--\n\n', true],
  ['ends-with', '--\n-- done', 'x\n--\n-- done on 2022\n', true],
  ['ends-with', '--\n-- done', 'x--\n-- done on 2022\n', false],
  ['ends-with', 'ü', 'x\xc3\xbc\n', true],
];

suite('a text in a stream, however it comes', () => {
  for (const [type, text, stream, found] of TABLE) {
    test(`${JSON.stringify(stream)} ${type} ${JSON.stringify(text)}: ${found}`, () => {
      assert.deepEqual([...findings(type, text, stream)], [found]);
    });
  }
});

suite('the end of a long stream', () => {
  const long = (...chunks: readonly string[]): boolean => {
    const scan = createScan({ type: 'ends-with', text: 'done', stage: 0 });
    for (const chunk of chunks) scan.push(Buffer.from(chunk));
    return scan.isFound();
  };
  test('behind a line of its own', () => {
    assert.equal(long('x'.repeat(70_000), '\ndone at last', '\n'.repeat(2000)), true);
  });
  test('at the end of a line whose beginning is forgotten', () => {
    assert.equal(long('x'.repeat(70_000), 'done\n'), true);
  });
  test('what is kept begins with it, but its line does not', () => {
    // The end that is kept is 8 KiB and the length of the text.
    assert.equal(long('x'.repeat(70_000), `done${'x'.repeat(8 * 1024)}`), false);
  });
});
