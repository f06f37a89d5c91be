/** Arguments and options of several commands. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../units/duration.js';

export const TASK = 'a task of the config';
export const ONLY_TASK = `${TASK}; the only backup when left out`;
export const WAIT =
  'when another run holds the root wait for it, at most so long: --wait=10m; without a duration, for ever';

/** Milliseconds. */
export function parseWait(text: string): number {
  if (text === 'forever') return Number.POSITIVE_INFINITY;
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`"${text}" ${parsed.problem}.`);
  return parsed.value.ms;
}

/** `10%` is 0.1. */
export function parsePart(text: string): number {
  const part = /^\d+(?:\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : 0;
  if (part > 0 && part <= 1) return part;
  throw new InvalidArgumentError(
    `"${text}" is not a part of the objects: above 0% and at most 100%, such as 10%.`,
  );
}
