/** What is refused before it is parsed, and so before anything can recurse into it. */
import { formatSize } from '../units/bytes.js';

/** No documented JSON is nested deeper than a dozen levels. */
const DEEPEST = 64;

/** What is wrong with a text as a whole, to follow its name; undefined when it may be parsed. */
export function findExcess(text: string, largest: number): string | undefined {
  // UTF-16 units, of which no text has more than it has bytes.
  if (text.length > largest) return `is larger than ${formatSize(largest)}`;
  return isTooDeep(text) ? `is nested deeper than ${DEEPEST} levels` : undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What a square bracket is with this bit, a brace is already. */
const BRACE_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** One pass over the text, which need not be JSON: brackets in strings do not count. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) inString = !inString;
    else if (inString) at += unit === BACKSLASH ? 1 : 0;
    else if ((unit | BRACE_BIT) === OPENING) depth += 1;
    else if ((unit | BRACE_BIT) === CLOSING) depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}
