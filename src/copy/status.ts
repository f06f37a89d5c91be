/** Whether a backup is fresh and whole, according to its listing. Pure: no clock, no store. */
import { type Duration, formatDuration } from '../units/duration.js';
import type { Copy, Listing } from './copy.js';
import type { DrillRecord, VerifyRecord } from './records.js';
import { listSeemingCopies, type SeemingCopy } from './seeming-copies.js';
import { measureTrend, type Trend } from './trend.js';
import { isKnownDamaged } from './trust.js';

export type BackupState = 'fresh' | 'stale' | 'missing' | 'damaged' | 'unreachable';

export interface BackupStatus {
  readonly task: string;
  readonly state: BackupState;
  /** The newest copy that is not dated after now. */
  readonly last: LastCopy | undefined;
  /** Since the end of `last`. */
  readonly ageMs: number | undefined;
  readonly maxAge: Duration | undefined;
  readonly trend: Trend;
  /** The most recent one, of any copy. */
  readonly verify: Known<VerifyRecord> | undefined;
  readonly drill: Known<DrillRecord> | undefined;
  /** The reasons for the state, and what else a person should know: sentences without a full stop. */
  readonly notes: readonly string[];
}

export interface LastCopy {
  readonly prefix: string;
  readonly size: number;
  /** Epoch milliseconds. For a copy of the original PALHM, the time of its prefix. */
  readonly finished: number;
}

export interface Known<T> {
  readonly prefix: string;
  readonly record: T;
}

export interface BackupToJudge {
  readonly task: string;
  readonly maxAge: Duration | undefined;
  readonly listing: Listing;
  /** Epoch milliseconds. */
  readonly now: number;
}

const NO_MAX_AGE = 'no "max-age" is set: a copy of any age counts as fresh';
/** The clocks of two hosts may differ by this much. */
const TOLERANCE_MS = 5 * 60_000;

export function judgeBackup({ task, maxAge, listing, now }: BackupToJudge): BackupStatus {
  const isFuture = ({ prefix, finished }: Copy): boolean =>
    Math.max(prefix.micros / 1000, finished ?? 0) > now + TOLERANCE_MS;
  const future = listing.copies.filter(isFuture);
  const past = listing.copies.filter((copy) => !isFuture(copy));
  const newest = past.at(-1);
  const last = newest === undefined ? undefined : describeLast(newest);
  const ageMs = last === undefined ? undefined : Math.max(0, now - last.finished);
  const isOld = ageMs !== undefined && maxAge !== undefined && ageMs > maxAge.ms;
  const broken = listSeemingCopies(listing).filter((seeming) => seeming.type === 'broken');
  const latest = broken.at(-1);
  const isBroken =
    latest !== undefined && (newest === undefined || latest.prefix.micros > newest.prefix.micros);
  const isDamaged = isBroken || (newest !== undefined && isKnownDamaged(newest));
  const state = chooseState({ isDamaged, hasCopies: listing.copies.length > 0, last, isOld });
  return {
    task,
    state,
    last,
    ageMs,
    maxAge,
    trend: measureTrend(past.map(({ size }) => size)),
    verify: latestRecord(listing.copies, ({ records }) => records.verify),
    drill: latestRecord(listing.copies, ({ records }) => records.drill),
    notes: [
      ...(listing.copies.length + broken.length === 0 ? ['there is no copy'] : []),
      ...broken.map(sayBroken),
      ...past.flatMap(sayDamaged),
      ...future.map(sayFuture),
      ...(isOld ? [`the newest copy is ${formatDuration({ ms: ageMs })} old`] : []),
      ...sayFailedDrill(newest),
      ...(maxAge === undefined && state === 'fresh' ? [NO_MAX_AGE] : []),
    ],
  };
}

/** The status when the store gave no listing. */
export function judgeUnreachable(
  { task, maxAge }: Pick<BackupToJudge, 'task' | 'maxAge'>,
  why: string,
): BackupStatus {
  return {
    task,
    state: 'unreachable',
    last: undefined,
    ageMs: undefined,
    maxAge,
    trend: measureTrend([]),
    verify: undefined,
    drill: undefined,
    notes: [why],
  };
}

function chooseState(facts: {
  readonly isDamaged: boolean;
  readonly hasCopies: boolean;
  readonly last: LastCopy | undefined;
  readonly isOld: boolean;
}): BackupState {
  if (facts.isDamaged) return 'damaged';
  if (!facts.hasCopies) return 'missing';
  // Without `last` all copies are dated after now, and their age is unknown.
  return facts.last === undefined || facts.isOld ? 'stale' : 'fresh';
}

function describeLast({ prefix, size, finished }: Copy): LastCopy {
  return { prefix: prefix.name, size, finished: finished ?? Math.floor(prefix.micros / 1000) };
}

function latestRecord<T extends { readonly at: string }>(
  copies: readonly Copy[],
  recordOf: (copy: Copy) => T | undefined,
): Known<T> | undefined {
  return copies
    .flatMap((copy) => {
      const record = recordOf(copy);
      return record === undefined ? [] : [{ prefix: copy.prefix.name, record }];
    })
    .sort((a, b) => Date.parse(a.record.at) - Date.parse(b.record.at))
    .at(-1);
}

function sayBroken(seeming: SeemingCopy): string {
  return `copy ${seeming.prefix.name} ${seeming.type === 'broken' ? seeming.why : ''}`;
}

function sayDamaged(copy: Copy): readonly string[] {
  if (!isKnownDamaged(copy)) return [];
  const { at = '', problems = [] } = copy.records.verify ?? {};
  const [first = 'no problem was named'] = problems;
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  return [`copy ${copy.prefix.name} was found damaged at ${at}: ${first}${more}`];
}

function sayFuture({ prefix }: Copy): string {
  return `copy ${prefix.name} is dated after now: the clock is wrong now or was wrong then`;
}

function sayFailedDrill(newest: Copy | undefined): readonly string[] {
  const drill = newest?.records.drill;
  if (newest === undefined || drill?.result !== 'failed') return [];
  return [
    `the drill of copy ${newest.prefix.name} failed: ${drill.problem ?? 'it is not said why'}`,
  ];
}
