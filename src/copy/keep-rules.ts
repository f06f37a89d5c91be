/** The rules of `keep`: which copies each rule keeps, and why. */
import { formatDuration } from '../units/duration.js';
import type { Copy } from './copy.js';
import { namePeriod, type Period } from './periods.js';
import type { KeepRules } from './policy.js';

export interface KeepRequest {
  /** Oldest first. */
  readonly copies: readonly Copy[];
  readonly rules: KeepRules;
  /** The age of the other copies is measured from this one. Undefined when there is no other. */
  readonly reference: Copy | undefined;
}

/** The copies that at least one rule keeps, with the reason of the first such rule in the order of `KeepRules`. */
export function applyKeepRules(request: KeepRequest): ReadonlyMap<Copy, string> {
  const { copies, rules } = request;
  const newestFirst = copies.toReversed();
  const kept = new Map<Copy, string>([
    ...keepWithin(request),
    ...keepNewest({ newestFirst, count: rules.yearly, period: 'year' }),
    ...keepNewest({ newestFirst, count: rules.monthly, period: 'month' }),
    ...keepNewest({ newestFirst, count: rules.weekly, period: 'week' }),
    ...keepNewest({ newestFirst, count: rules.daily, period: 'day' }),
    ...newestFirst.slice(0, rules.last).map((copy) => [copy, `last ${rules.last}`] as const),
  ]);
  return kept;
}

/** False when all rules are zero. Such rules are ignored: they do not mean that everything is to be removed. */
export function keepsAnything(rules: KeepRules): boolean {
  const { last, daily, weekly, monthly, yearly, within } = rules;
  return within !== undefined || Math.max(last, daily, weekly, monthly, yearly) > 0;
}

/** The newest copy of each of the most recent periods that have copies. */
function keepNewest(request: {
  readonly newestFirst: readonly Copy[];
  readonly count: number;
  readonly period: Period;
}): readonly (readonly [Copy, string])[] {
  const { newestFirst, count, period } = request;
  const newest = new Map<string, Copy>();
  for (const copy of newestFirst) {
    if (newest.size === count) break;
    const name = namePeriod(copy.prefix.micros, period);
    if (!newest.has(name)) {
      newest.set(name, copy);
    }
  }
  return [...newest].map(([name, copy]) => [copy, `newest of ${period} ${name}`] as const);
}

function keepWithin(request: KeepRequest): readonly (readonly [Copy, string])[] {
  const { copies, rules, reference } = request;
  if (rules.within === undefined || reference === undefined) {
    return [];
  }
  const oldest = reference.prefix.micros - rules.within.ms * 1000;
  const reason = `within ${formatDuration(rules.within)} of ${reference.prefix.name}`;
  return copies
    .filter((copy) => copy.prefix.micros >= oldest)
    .map((copy) => [copy, reason] as const);
}
