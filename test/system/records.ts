/**
 * What a service has written that never stops: record after record, each into one file after the other, with fsync(2), so that a
 * file has record n only when those before it have it. The text of a record follows from its file and number.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** In the order in which a record is written into them. */
export const RECORD_FILES = ['a', 'b', 'c'] as const;

export function recordOf(file: string, number: number): string {
  const hash = createHash('sha256').update(`${file} ${number}`).digest('hex');
  // Of many lengths, so that records cross pages and blocks.
  return `${number} ${hash} ${hash[0]?.repeat((number * 37) % 1000)}\n`;
}

/** Writes for ever; `onRecord` is called when a record is in every file. */
export async function writeRecords(
  directory: string,
  onRecord: (number: number) => void,
): Promise<never> {
  const files = RECORD_FILES.map((name) => ({ name, fd: openSync(join(directory, name), 'a') }));
  for (let number = 1; ; number++) {
    for (const { name, fd } of files) {
      const text = recordOf(name, number);
      assert.equal(writeSync(fd, text), text.length);
      fsyncSync(fd);
    }
    onRecord(number);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** How many whole records there are; fails when the files are not what the writer had written at one instant. */
export function countRecords(
  paths: { readonly [file in (typeof RECORD_FILES)[number]]: string },
): number {
  const counts = RECORD_FILES.map((file) => countIn(file, readFileSync(paths[file], 'utf8')));
  const [first = 0, , last = 0] = counts;
  assert.deepEqual(
    counts,
    counts.toSorted((one, two) => two - one),
    `a record is in a later file, and not in an earlier one: ${counts.join(' ')}`,
  );
  assert.ok(first - last <= 1, `a file lags behind: ${counts.join(' ')}`);
  return last;
}

/** The text is the beginning of what is written into this file. */
function countIn(file: string, text: string): number {
  let [number, at] = [0, 0];
  while (at < text.length) {
    const record = recordOf(file, number + 1);
    const found = text.slice(at, at + record.length);
    assert.equal(found, record.slice(0, found.length), `record ${number + 1} of ${file}`);
    at += record.length;
    if (at <= text.length) number += 1;
  }
  return number;
}
