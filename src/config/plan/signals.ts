/** Names of signals as people write them: with or without SIG, in any case, or by number. */
import { constants } from 'node:os';
import type { Parsed } from '../../units/parsed.js';
import { suggest } from '../check/suggest.js';

const NUMBERS = new Map(Object.entries(constants.signals));

/** SIGABRT and SIGIOT have the same number. The first name in the table is the common one. */
const NAMES = new Map([...NUMBERS].reverse().map(([name, number]) => [String(number), name]));

export function parseSignal(signal: string | number): Parsed<NodeJS.Signals> {
  const text = String(signal).trim().toUpperCase();
  const name = NAMES.get(text) ?? (text.startsWith('SIG') ? text : `SIG${text}`);
  if (isSignal(name)) return { ok: true, value: name };
  const near = suggest(name, NUMBERS.keys());
  return {
    ok: false,
    problem: near === undefined ? 'is not a signal' : `is not a signal. ${near}`,
  };
}

function isSignal(name: string): name is NodeJS.Signals {
  return NUMBERS.has(name);
}
