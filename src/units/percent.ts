/** Percentages: `"50%"`, `"12.5 %"`. */
import type { Parsed } from './parsed.js';

const PERCENT = /^\s*(-?)(\d+\.?\d*|\.\d+)\s*%\s*$/;

/** 50 from `"50%"`. */
export function parsePercent(text: string): Parsed<number> {
  const [, sign, number] = PERCENT.exec(text) ?? [];
  if (number === undefined) {
    return { ok: false, problem: 'is not a percentage, such as "50%" or "12.5%"' };
  }
  if (sign === '-') return { ok: false, problem: 'is negative: a percentage is at least 0%' };
  const value = Number(number);
  return Number.isSafeInteger(Math.ceil(value))
    ? { ok: true, value }
    : { ok: false, problem: 'is too large a percentage' };
}
