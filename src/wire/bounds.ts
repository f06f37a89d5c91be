/** Limits that are checked before a text is parsed, and so before any code can recurse into it or fill the memory. */
import { formatSize } from '../units/bytes.js';

/** No documented JSON has more than a dozen levels. */
const DEEPEST = 64;
/** The manifest of 100,000 objects with three stages each has 5 million. An empty object of 3 bytes takes 64 in memory. */
const MOST_VALUES = 8_000_000;

/** Why the text must not be parsed, as a phrase that follows its name. Undefined when it may be parsed. */
export function findExcess(text: string, largest: number): string | undefined {
  // Counts UTF-16 units. A text never has more of them than bytes.
  if (text.length > largest) return `is larger than ${formatSize(largest)}`;
  const { depth, values, indentation } = measure(text);
  if (depth > DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  if (values > MOST_VALUES) return `has more than ${MOST_VALUES} values`;
  // A signature is checked of the indented text, which may be many times as long as a text without indentation.
  return indentation > largest ? `is larger than ${formatSize(largest)} when indented` : undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** With this bit set, a square bracket becomes a brace (ASCII). */
const BRACE_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

interface Measures {
  depth: number;
  /** At least as many as there are, and at most twice as many. */
  values: number;
  /** Blanks before the values when each has a line of its own, two blanks for each level. */
  indentation: number;
}

/**
 * One pass over the text, which may be no JSON at all. What is inside strings does not count. It ends early where the text is
 * too deep or has too many values.
 */
function measure(text: string): Measures {
  const found: Measures = { depth: 0, values: 0, indentation: 0 };
  let level = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) inString = !inString;
    else if (inString) at += unit === BACKSLASH ? 1 : 0;
    else if ((unit | BRACE_BIT) === CLOSING) level -= 1;
    else if (unit === COMMA || (unit | BRACE_BIT) === OPENING) {
      if (unit !== COMMA) level += 1;
      found.depth = Math.max(found.depth, level);
      found.values += 1;
      found.indentation += 2 * Math.max(level, 0);
    }
    if (found.depth > DEEPEST || found.values > MOST_VALUES) return found;
  }
  return found;
}
