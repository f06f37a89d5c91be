/**
 * Durations in a config: whole numbers with the units `w d h m s ms`, the largest first, each at most once, with or
 * without spaces: `"90s"`, `"26h"`, `"1h30m"`, `"2 d 4 h"`. A day has 24 hours. There are no months and years, because
 * their length varies. A number needs a unit, because some people would read it as seconds and others as days.
 */
import type { Parsed } from './parsed.js';

export interface Duration {
  readonly ms: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: readonly (readonly [group: string, ms: number])[] = [
  ['w', 7 * DAY],
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
];
const FORM = new RegExp(
  String.raw`^\s*${UNITS.map(([unit]) => String.raw`(?:(?<${unit}>\d+)\s*${unit}\s*)?`).join('')}$`,
);

/** From a text such as `"90s"`, `"26h"`, `"30d"`, `"1h30m"`. */
export function parseDuration(text: string): Parsed<Duration> {
  const groups = FORM.exec(text)?.groups;
  if (groups === undefined || text.trim() === '') {
    return {
      ok: false,
      problem: 'is not a duration, such as "90s", "26h", "30d" or "1h30m" (units: w d h m s ms)',
    };
  }
  const ms = UNITS.reduce((sum, [unit, length]) => sum + Number(groups[unit] ?? 0) * length, 0);
  if (ms === 0) {
    return { ok: false, problem: 'is no time at all: a duration is longer than zero' };
  }
  return Number.isSafeInteger(ms)
    ? { ok: true, value: { ms } }
    : { ok: false, problem: 'is too long a duration' };
}

/** For people: `0.4 s`, `3 min 12 s`, `2 h 05 min`, `3 d 4 h`. A second part of zero is left out. */
export function formatDuration(duration: Duration): string {
  const { ms } = duration;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) {
    return `${(tenths / 10).toFixed(1)} s`;
  }
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3600) {
    return joinParts(`${Math.floor(seconds / 60)} min`, padPart(seconds % 60, 's'));
  }
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 24 * 60) {
    return joinParts(`${Math.floor(minutes / 60)} h`, padPart(minutes % 60, 'min'));
  }
  const hours = Math.round(ms / HOUR);
  return joinParts(`${Math.floor(hours / 24)} d`, hours % 24 === 0 ? '' : `${hours % 24} h`);
}

function padPart(count: number, unit: string): string {
  return count === 0 ? '' : `${String(count).padStart(2, '0')} ${unit}`;
}

function joinParts(first: string, second: string): string {
  return second === '' ? first : `${first} ${second}`;
}
