/**
 * What the log gets of the output of a program. A program can print without end (a psql that prints the rows it was to
 * read, a progress bar), and the log is no place for that: it gets the first lines and the last part, and how much is
 * between.
 */
import { createLineSplitter, createTail, type LineConsumer } from './tail.js';

/** What stands between the first lines and the last part. */
export interface LeftOut {
  /** 0: only the middle of one long line. */
  readonly lines: number;
  readonly bytes: number;
}

export interface ExcerptConsumer extends LineConsumer {
  readonly onLeftOut?: ((left: LeftOut) => void) | undefined;
}

const FIRST_LINES = 200;
/** Of these lines: a line can be endless. */
const FIRST_BYTES = 64 * 1024;
const LAST_BYTES = 32 * 1024;
const LINE_BREAK = 0x0a;

/** Passes the first lines on as they arrive, and the last part at the end. `longestLine` as for a line splitter. */
export function createExcerpt(
  longestLine: number,
  consumer: ExcerptConsumer,
): { push(chunk: Buffer): void; end(): void } {
  const first = createLineSplitter(longestLine, consumer);
  const last = createTail(LAST_BYTES);
  const shown = { lines: 0, bytes: 0 };
  const held = { lines: 0, bytes: 0 };
  let isFull = false;

  function hold(chunk: Buffer): void {
    held.bytes += chunk.length;
    held.lines += countLineBreaks(chunk);
    last.push(chunk);
  }

  function show(chunk: Buffer): void {
    const end = findEnd(chunk, shown);
    const part = chunk.subarray(0, end);
    first.push(part);
    shown.bytes += part.length;
    shown.lines += countLineBreaks(part);
    isFull = shown.lines >= FIRST_LINES || shown.bytes >= FIRST_BYTES;
    if (!isFull) return;
    // The beginning of a line, which may be the beginning of a secret, is shown with the rest of it or not at all.
    hold(Buffer.from(first.take()));
    hold(chunk.subarray(end));
  }

  return {
    push: (chunk) => (isFull ? hold(chunk) : show(chunk)),
    end() {
      if (!isFull) {
        first.end();
        return;
      }
      const text = Buffer.from(last.text(consumer.redact));
      const lines = held.lines - countLineBreaks(text);
      if (held.bytes > LAST_BYTES)
        consumer.onLeftOut?.({ lines, bytes: Math.max(0, held.bytes - text.length) });
      first.push(text);
      first.end();
    },
  };
}

/** How much of the chunk belongs to the first lines. */
function findEnd(chunk: Buffer, shown: { readonly lines: number; readonly bytes: number }): number {
  const most = Math.min(chunk.length, FIRST_BYTES - shown.bytes);
  let end = 0;
  for (let lines = shown.lines; lines < FIRST_LINES; lines++) {
    const next = chunk.indexOf(LINE_BREAK, end);
    if (next < 0 || next >= most) return most;
    end = next + 1;
  }
  return end;
}

function countLineBreaks(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(LINE_BREAK); at >= 0; at = chunk.indexOf(LINE_BREAK, at + 1))
    count += 1;
  return count;
}
