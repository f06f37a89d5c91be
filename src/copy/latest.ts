/**
 * Which copy counts as the newest: for `latest`, for guards and expected sizes, for the status of a backup. Pure: no clock.
 *
 * A copy that is dated after now was made with a wrong clock, or the clock is wrong now. It is passed over, or it would be the
 * newest for years. Only when all copies are dated after now, as on a rescue system whose clock stands at 1970, the newest of
 * them counts. A copy without a manifest, as the original PALHM made them, counts only beside others without one.
 */
import { comparePrefixes, formatPrefix, type Prefix } from './prefix.js';

/** What the choice needs to know of a copy. */
export interface Dated {
  readonly prefix: Prefix;
  readonly manifest: boolean;
}

export interface Latest<T> {
  readonly latest: T | undefined;
  /** Dated after now, and `latest` is not; oldest first. */
  readonly passedOver: readonly T[];
  /** All copies are dated after now, and so is `latest`. */
  readonly isAfterNow: boolean;
}

/** The clocks of two hosts may differ by this much. */
const SKEW_MS = 10 * 60_000;

/** `now`: epoch milliseconds. */
export function isAfterNow({ micros }: Pick<Prefix, 'micros'>, now: number): boolean {
  return micros / 1000 > now + SKEW_MS;
}

/** `now`: epoch milliseconds. The copies may come in any order. */
export function findLatest<T extends Dated>(copies: readonly T[], now: number): Latest<T> {
  const sorted = copies.toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
  const later = sorted.filter(({ prefix }) => isAfterNow(prefix, now));
  const past = sorted.filter(({ prefix }) => !isAfterNow(prefix, now));
  if (past.length > 0) return { latest: newestOf(past), passedOver: later, isAfterNow: false };
  return { latest: newestOf(later), passedOver: [], isAfterNow: later.length > 0 };
}

function newestOf<T extends Dated>(sorted: readonly T[]): T | undefined {
  return sorted.findLast(({ manifest }) => manifest) ?? sorted.at(-1);
}

const NAMES_SHOWN = 5;

/** What a wrong clock has to do with the choice, as a message for a person. Undefined when it has nothing to do with it. */
export function describeClock(found: Latest<Dated>, now: number): string | undefined {
  const { latest, passedOver } = found;
  if (latest === undefined) return undefined;
  const { name } = latest.prefix;
  const time = formatPrefix(now * 1000, 'seconds');
  if (found.isAfterNow)
    return `every copy is dated after now (${time}): the clock of this host is probably wrong; ${name} is taken, the newest by its name`;
  if (passedOver.length === 0) return undefined;
  const are = passedOver.length === 1 ? 'is' : 'are';
  return `${nameAll(passedOver)} ${are} dated after now (${time}) and passed over; ${name} is taken for the newest copy: the clock is wrong now or was wrong then`;
}

function nameAll(copies: readonly Dated[]): string {
  const shown = copies.slice(-NAMES_SHOWN).map(({ prefix }) => prefix.name);
  const more = copies.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}
