/** Looks for a text in a stream of chunks, in memory that does not grow with the stream. */
import type { ExpectedTextPlan } from '../config/plan/plan.js';
import { assertNever } from '../failure/failure.js';

export interface TextScan {
  /** The caller may reuse the chunk afterwards. */
  push(chunk: Buffer): void;
  /** In all that was pushed. */
  isFound(): boolean;
}

export function createScan({ type, text }: ExpectedTextPlan): TextScan {
  switch (type) {
    case 'contains':
      return scanForText(Buffer.from(text));
    case 'ends-with':
      return scanForEnd(text);
    default:
      return assertNever(type);
  }
}

function scanForText(wanted: Buffer): TextScan {
  const most = wanted.length - 1;
  let found = false;
  /** The end of the stream so far, in which the text may have begun. */
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      if (found) return;
      const seam = Buffer.concat([rest, chunk.subarray(0, most)]);
      found = seam.includes(wanted) || chunk.includes(wanted);
      rest = endOf(chunk.length < most ? seam : chunk, most);
    },
    isFound: () => found,
  };
}

/** The last bytes, as a copy. */
function endOf(bytes: Buffer, most: number): Buffer {
  return Buffer.from(bytes.subarray(Math.max(0, bytes.length - most)));
}

/** How much of the end is kept besides the text: for the rest of its line, and for blanks. */
const END_BYTES = 8 * 1024;
/** White space of ASCII, as bytes. */
const BLANKS = /[\t-\r ]+$/;

function scanForEnd(text: string): TextScan {
  // One character per byte: what is kept may begin in the middle of a UTF-8 character.
  const wanted = Buffer.from(text).toString('latin1').replace(BLANKS, '');
  const most = END_BYTES + wanted.length;
  let end: Buffer = Buffer.alloc(0);
  let isCut = false;
  return {
    push(chunk) {
      isCut ||= end.length + chunk.length > most;
      end = endOf(chunk.length < most ? Buffer.concat([end, chunk]) : chunk, most);
    },
    isFound() {
      const kept = end.toString('latin1').replace(BLANKS, '');
      return kept.endsWith(wanted) || lastLinesBeginWith({ kept, isCut }, wanted);
    },
  };
}

/** Compares as many last lines as the text has. The first line that is kept may be only the end of a line. */
function lastLinesBeginWith(
  { kept, isCut }: { readonly kept: string; readonly isCut: boolean },
  wanted: string,
): boolean {
  const lines = kept.split('\n');
  const asMany = wanted.split('\n').length;
  if (lines.length < asMany || (isCut && lines.length === asMany)) return false;
  return lines.slice(-asMany).join('\n').startsWith(wanted);
}
