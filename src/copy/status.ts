/** Whether a backup is fresh and whole, according to its listing. Pure: no clock, no store. */
import { type Duration, formatDuration } from '../units/duration.js';
import { shorten } from '../units/shorten.js';
import type { Copy, Listing } from './copy.js';
import { describeHosts, SEVERAL_HOSTS } from './hosts.js';
import { type Dated, findLatest, isAfterNow } from './latest.js';
import type { DrillRecord, RecordKind, VerifyRecord } from './records.js';
import {
  listSeemingCopies,
  listUnread,
  type SeemingCopy,
  type UnreadCopy,
} from './seeming-copies.js';
import { measureTrend, type Trend } from './trend.js';
import { isKnownDamaged } from './trust.js';

export type BackupState = 'fresh' | 'stale' | 'missing' | 'damaged' | 'undecodable' | 'unreachable';

export interface BackupStatus {
  readonly task: string;
  readonly state: BackupState;
  /** The newest copy, see `latest.ts`. */
  readonly last: LastCopy | undefined;
  /** Since the end of `last`; undefined when that is dated after now. */
  readonly ageMs: number | undefined;
  readonly maxAge: Duration | undefined;
  readonly trend: Trend;
  /** The most recent one, of any copy, that is not dated after now. */
  readonly verify: Known<VerifyRecord> | undefined;
  readonly drill: Known<DrillRecord> | undefined;
  /** The reasons for the state, and what else a person should know: sentences without a full stop. */
  readonly notes: readonly string[];
}

export interface LastCopy {
  readonly prefix: string;
  readonly size: number;
  /** Epoch milliseconds. For a copy without a manifest, the time of its prefix. */
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

const ALL_AFTER_NOW =
  'every copy is dated after now: the clock of this host is probably wrong, or was wrong when they were made';
const NO_MAX_AGE = 'no "max-age" is set: a copy of any age counts as fresh';

export function judgeBackup({ task, maxAge, listing, now }: BackupToJudge): BackupStatus {
  const found = findLatest(listing.copies, now);
  const { latest: newest, passedOver } = found;
  const past = listing.copies.filter((copy) => !passedOver.includes(copy));
  const last = newest === undefined ? undefined : describeLast(newest, now);
  const ageMs =
    last === undefined || found.isAfterNow ? undefined : Math.max(0, now - last.finished);
  const isOld = ageMs !== undefined && maxAge !== undefined && ageMs > maxAge.ms;
  const seeming = listSeemingCopies(listing);
  const broken = seeming.filter(({ type }) => type === 'broken');
  const unread = listUnread(listing);
  const apparent = findLatest<Dated>([...seeming, ...unread], now).latest;
  const isBroken = broken.some((one) => one === apparent);
  const isUnread = unread.some((one) => one === apparent);
  const isDamaged = isBroken || (newest !== undefined && isKnownDamaged(newest));
  const verify = findRecord(listing.copies, ({ records }) => records.verify, now);
  const drill = findRecord(listing.copies, ({ records }) => records.drill, now);
  const isUndecodable = newest?.records.verify?.undecoded !== undefined;
  const state = chooseState({ isDamaged, isUnread, isUndecodable, last, ageMs, isOld });
  return {
    task,
    state,
    last,
    ageMs,
    maxAge,
    trend: measureTrend(past.map(({ size }) => size)),
    verify: verify.latest,
    drill: drill.latest,
    notes: [
      ...(seeming.length + unread.length === 0 ? ['there is no copy'] : []),
      ...broken.map(sayBroken),
      ...sayUnread(unread),
      ...past.flatMap(sayDamaged),
      ...past.flatMap(sayUndecoded),
      ...(found.isAfterNow ? [ALL_AFTER_NOW] : passedOver.map(sayFuture)),
      ...sayFutureRecord('verify', verify.passedOver),
      ...sayFutureRecord('drill', drill.passedOver),
      ...(isOld ? [`the newest copy is ${formatDuration({ ms: ageMs })} old`] : []),
      ...sayFailedDrill(newest),
      ...sayHosts(listing.copies),
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
  readonly isUnread: boolean;
  readonly isUndecodable: boolean;
  readonly last: LastCopy | undefined;
  readonly ageMs: number | undefined;
  readonly isOld: boolean;
}): BackupState {
  if (facts.isDamaged) return 'damaged';
  if (facts.isUnread) return 'unreachable';
  if (facts.last === undefined) return 'missing';
  if (facts.isUndecodable) return 'undecodable';
  // Without an age all copies are dated after now.
  return facts.ageMs === undefined || facts.isOld ? 'stale' : 'fresh';
}

/** When the clock was set back after the run, its end is not to be believed, but its beginning may be. */
function describeLast({ prefix, size, finished }: Copy, now: number): LastCopy {
  const isKnown = finished !== undefined && !isAfterNow({ micros: finished * 1000 }, now);
  return {
    prefix: prefix.name,
    size,
    finished: isKnown ? finished : Math.floor(prefix.micros / 1000),
  };
}

/** A record that is dated after now would hide all others for years. */
function findRecord<T extends { readonly at: string }>(
  copies: readonly Copy[],
  recordOf: (copy: Copy) => T | undefined,
  now: number,
): { readonly latest: Known<T> | undefined; readonly passedOver: readonly Known<T>[] } {
  const isFuture = ({ record }: Known<T>) =>
    isAfterNow({ micros: Date.parse(record.at) * 1000 }, now);
  const known = copies
    .flatMap((copy) => {
      const record = recordOf(copy);
      return record === undefined ? [] : [{ prefix: copy.prefix.name, record }];
    })
    .sort((a, b) => Date.parse(a.record.at) - Date.parse(b.record.at));
  return { latest: known.findLast((one) => !isFuture(one)), passedOver: known.filter(isFuture) };
}

function sayFutureRecord(
  kind: RecordKind,
  passedOver: readonly Known<{ readonly at: string }>[],
): readonly string[] {
  const last = passedOver.at(-1);
  if (last === undefined) return [];
  const more = passedOver.length > 1 ? `, and ${passedOver.length - 1} more,` : '';
  return [
    `the ${kind} of copy ${last.prefix}${more} is dated after now (${last.record.at}) and passed over: the clock is wrong now or was wrong then`,
  ];
}

function sayBroken(seeming: SeemingCopy): string {
  return `copy ${seeming.prefix.name} ${seeming.type === 'broken' ? seeming.why : ''}`;
}

function sayUnread(unread: readonly UnreadCopy[]): readonly string[] {
  const newest = unread.at(-1);
  if (newest === undefined) return [];
  const { prefix, why } = newest;
  return unread.length === 1
    ? [`${prefix.name} ${why}`]
    : [
        `${unread.length} entries with the name of a copy cannot be read; the newest, ${prefix.name}, ${why}`,
      ];
}

function sayDamaged(copy: Copy): readonly string[] {
  if (!isKnownDamaged(copy)) return [];
  const { at = '', problems = [] } = copy.records.verify ?? {};
  return [`copy ${copy.prefix.name} was found damaged at ${at}: ${nameFirst(problems)}`];
}

function sayUndecoded({ prefix, records }: Copy): readonly string[] {
  const undecoded = records.verify?.undecoded;
  if (undecoded === undefined) return [];
  const { at, host, problems } = undecoded;
  return [`copy ${prefix.name} could not be decoded on ${host} at ${at}: ${nameFirst(problems)}`];
}

function nameFirst(problems: readonly string[]): string {
  const [first = 'no problem was named'] = problems;
  const shown = shorten(first);
  return problems.length > 1 ? `${shown} and ${problems.length - 1} more` : shown;
}

function sayFuture({ prefix }: Copy): string {
  return `copy ${prefix.name} is dated after now: the clock is wrong now or was wrong then`;
}

function sayHosts(copies: readonly Copy[]): readonly string[] {
  const hosts = describeHosts(copies);
  return hosts === undefined ? [] : [`${hosts}: ${SEVERAL_HOSTS}`];
}

function sayFailedDrill(newest: Copy | undefined): readonly string[] {
  const drill = newest?.records.drill;
  if (newest === undefined || drill?.result !== 'failed') return [];
  return [
    `the drill of copy ${newest.prefix.name} on ${drill.host} failed: ${shorten(drill.problem ?? 'it is not said why')}`,
  ];
}
