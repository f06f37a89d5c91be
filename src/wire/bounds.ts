/** Limits that are checked before a text is parsed, and so before any code can recurse into it. */
import { formatSize } from '../units/bytes.js';

/** No documented JSON has more than a dozen levels. */
const DEEPEST = 64;

/** Why the text must not be parsed, as a phrase that follows its name. Undefined when it may be parsed. */
export function findExcess(text: string, largest: number): string | undefined {
  // Counts UTF-16 units. A text never has more of them than bytes.
  if (text.length > largest) return `is larger than ${formatSize(largest)}`;
  return isTooDeep(text) ? `is nested deeper than ${DEEPEST} levels` : undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** With this bit set, a square bracket becomes a brace (ASCII). */
const BRACE_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** One pass over the text, which may be no JSON at all. Brackets inside strings do not count. */
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
