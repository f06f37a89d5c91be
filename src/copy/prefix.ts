/**
 * The names of copies, such as `2022-05-01T06:59:17+00:00`. Like the original PALHM's, they have the form of Python's
 * `datetime.isoformat(timespec=…)` for a time with an offset. New names are in UTC. They sort in the order of their
 * instants, also when they differ in precision, because `+` comes before `.` and `:` in ASCII.
 */
import { assertNever } from '../failure/failure.js';

/** The precision of the time in a prefix. The words are those of Python's `datetime.isoformat`. */
export type Timespec = 'hours' | 'minutes' | 'seconds' | 'milliseconds' | 'microseconds';

export interface PrefixFormat {
  readonly timespec: Timespec;
}

/** The name of a copy and its instant. */
export interface Prefix {
  /** Such as `2022-05-01T06:59:17+00:00`. */
  readonly name: string;
  /** Microseconds since the epoch: exact in a double until the year 2255. */
  readonly micros: number;
}

export interface PrefixRequest {
  /** Microseconds since the epoch. */
  readonly now: number;
  readonly timespec: Timespec;
  /** The names in use. */
  readonly taken: ReadonlySet<string>;
}

const TIMESPECS: readonly Timespec[] = [
  'hours',
  'minutes',
  'seconds',
  'milliseconds',
  'microseconds',
];
/** Bytes of a name with microseconds: a run takes that precision where a coarser name is in use. */
export const LONGEST_PREFIX = '2022-05-01T06:59:17.123456+00:00'.length;

const MICROS_PER_MINUTE = 60_000_000;
const FORM =
  /^(\d{4}-\d\d-\d\d)T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{3}(?:\d{3})?))?)?)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Undefined when the name is not that of a copy, for example when its date is impossible (`2022-02-30`). */
export function parsePrefix(name: string): Prefix | undefined {
  const match = FORM.exec(name);
  if (match === null) {
    return undefined;
  }
  const [, date = '', hour, minute = '00', second = '00', fraction = '', sign, ...offset] = match;
  const local = localMillis(`${date}T${hour}:${minute}:${second}.000Z`);
  const [offsetHours = 0, offsetMinutes = 0] = offset.map((part) => Number(part ?? 0));
  if (local === undefined || offsetHours > 23 || offsetMinutes > 59) {
    return undefined;
  }
  const shift = (offsetHours * 60 + offsetMinutes) * MICROS_PER_MINUTE;
  const micros = local * 1000 + Number(fraction.padEnd(6, '0'));
  return { name, micros: sign === '-' ? micros + shift : micros - shift };
}

/** By instant, then by name. */
export function comparePrefixes(left: Prefix, right: Prefix): number {
  if (left.micros !== right.micros) {
    return left.micros - right.micros;
  }
  if (left.name === right.name) {
    return 0;
  }
  return left.name < right.name ? -1 : 1;
}

/** The name of an instant, in UTC. It is cut to the precision, as in Python, and never rounded up. */
export function formatPrefix(micros: number, timespec: Timespec): string {
  const millis = Math.floor(micros / 1000);
  const iso = new Date(millis).toISOString();
  const submillis = String(Math.floor(micros - millis * 1000)).padStart(3, '0');
  switch (timespec) {
    case 'hours':
      return `${iso.slice(0, 13)}+00:00`;
    case 'minutes':
      return `${iso.slice(0, 16)}+00:00`;
    case 'seconds':
      return `${iso.slice(0, 19)}+00:00`;
    case 'milliseconds':
      return `${iso.slice(0, 23)}+00:00`;
    case 'microseconds':
      return `${iso.slice(0, 23)}${submillis}+00:00`;
    default:
      return assertNever(timespec);
  }
}

/**
 * A prefix that is free, and later than every one in use that is not dated after now: the name of a copy that rotation has
 * just removed may be free again and yet be earlier than the newest. A name can be in use because another run began within
 * its precision, or because the clock was set back. Then the next finer precision is tried, and after microseconds the next
 * microsecond.
 */
export function choosePrefix(request: PrefixRequest): Prefix {
  const { now, timespec, taken } = request;
  const past = [...taken].flatMap((name) => parsePrefix(name)?.micros ?? []);
  const newest = past.reduce((last, micros) => (micros > now ? last : Math.max(last, micros)), 0);
  for (const finer of TIMESPECS.slice(TIMESPECS.indexOf(timespec))) {
    const prefix = knownPrefix(formatPrefix(now, finer));
    if (!taken.has(prefix.name) && prefix.micros > newest) return prefix;
  }
  let micros = now + 1;
  while (taken.has(formatPrefix(micros, 'microseconds'))) {
    micros += 1;
  }
  return knownPrefix(formatPrefix(micros, 'microseconds'));
}

/** `Date.parse` accepts 30 February and 24:00 as other times. A time is valid when it is formatted as it was given. */
function localMillis(iso: string): number | undefined {
  const millis = Date.parse(iso);
  const isReal =
    !Number.isNaN(millis) && !iso.startsWith('0000') && new Date(millis).toISOString() === iso;
  return isReal ? millis : undefined;
}

function knownPrefix(name: string): Prefix {
  const prefix = parsePrefix(name);
  if (prefix === undefined) {
    throw new Error(`palhm made a prefix that it does not know: ${name}`);
  }
  return prefix;
}
