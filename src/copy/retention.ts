/**
 * Rotation: which copies stay and which go, decided before anything is touched. Pure: no clock, no store.
 *
 * 1. `keep`: a copy that any rule keeps is kept. Without rules all are.
 * 2. `nb-copy-limit` and `root-size-limit` then remove the oldest until both hold. They beat the rules.
 *
 * Whatever these say, some copies stay: the one just made, the newest, the newest that was verified, the newest that is
 * not known to be damaged, and what only a wrong clock makes look old or new. A copy that is known to be damaged never
 * costs a good one its place: the rules are asked once more without the damaged ones, and both answers stay; the limits
 * remove the damaged ones first, and those that stay do not count for `nb-copy-limit`. One that the store was told to keep
 * stays too: it counts, but a run that may not remove it has no reason to fail.
 * A copy dated after now stays, and neither counts nor bears on the others. Age is measured from the newest other copy,
 * not from now, so that a clock that has jumped ahead, or an outage of a year, makes no copy old by itself. On the runs
 * after such a jump the copies before the gap it left stay until a person confirms (see `clock-gap.ts`); the limits do
 * not ask, or a full disk would be the price of a wrong clock.
 */

import { formatSize, type Limit } from '../units/bytes.js';
import { type ClockGap, findClockGap, formatGap } from './clock-gap.js';
import type { Copy } from './copy.js';
import { applyKeepRules, keepsAnything } from './keep-rules.js';
import type { KeepRules, RetentionPolicy } from './policy.js';
import { comparePrefixes, type Prefix } from './prefix.js';
import {
  formatLock,
  warnOfFuture,
  warnOfGap,
  warnOfLocked,
  warnOfSize,
} from './rotation-warnings.js';
import { findTrusted, isKnownDamaged } from './trust.js';

export interface RotationRequest {
  /** In any order. */
  readonly copies: readonly Copy[];
  readonly policy: RetentionPolicy;
  /** Microseconds since the epoch. */
  readonly now: number;
  /** The copy just made; undefined when rotation is run by itself. */
  readonly current: Prefix | undefined;
  /** True when a person has seen the plan and wants it carried out: no gap protects, nothing is refused. */
  readonly confirmed: boolean;
}

export interface RotationPlan {
  /** One per copy, oldest first. */
  readonly fates: readonly Fate[];
  /** The copies dated after now, oldest first. */
  readonly future: readonly Copy[];
  /** Set when the plan removes too much to be carried out unasked: the fates say what would go, and nothing may. */
  readonly refused: Refusal | undefined;
  /** Sentences for a person. */
  readonly warnings: readonly string[];
}

export interface Fate {
  readonly copy: Copy;
  readonly action: 'keep' | 'remove';
  /** Such as `kept: newest of day 2026-11-20`. */
  readonly reason: string;
}

interface Refusal {
  readonly removing: number;
  readonly of: number;
}

/** The copies that are not dated after now, oldest first, and which of them stay whatever the policy says, and why. */
interface Past {
  readonly copies: readonly Copy[];
  readonly newest: Copy | undefined;
  readonly untouchable: ReadonlyMap<Copy, string>;
}

type Reasons = ReadonlyMap<Copy, string>;

const REFUSED_ABOVE = 5;

export function planRotation(request: RotationRequest): RotationPlan {
  const { now, current, policy } = request;
  const sorted = request.copies.toSorted((left, right) =>
    comparePrefixes(left.prefix, right.prefix),
  );
  const isFuture = (copy: Copy) => copy.prefix.micros > now && copy.prefix.name !== current?.name;
  const future = sorted.filter((copy) => isFuture(copy));
  const past = describePast(
    sorted.filter((copy) => !isFuture(copy)),
    request,
  );

  const { kept, spared, gap } = applyRules(request, past);
  const removed = applyLimits(policy, past, kept);
  const decided = sorted.map((copy) =>
    isFuture(copy)
      ? { copy, action: 'keep' as const, reason: 'kept: dated after now, not counted' }
      : decideFate(copy, kept, removed),
  );
  const locked = decided.filter((fate) => fate.action === 'remove' && isLocked(fate.copy, now));
  const fates = decided.map((fate) => (locked.includes(fate) ? spareLocked(fate) : fate));
  return {
    fates,
    future,
    refused: request.confirmed ? undefined : refuse(fates, past.copies.length),
    warnings: [
      ...warnOfFuture(future, now),
      ...warnOfGap(
        spared.filter((copy) => !removed.has(copy)),
        gap,
      ),
      ...warnOfLocked(locked.map(({ copy }) => copy)),
      ...warnOfSize(past.newest, policy.size),
    ],
  };
}

/** The clock may have been set back during the run: the copy just made is then not the newest of the past. */
function describePast(copies: readonly Copy[], request: RotationRequest): Past {
  const { now, current } = request;
  const newest = copies.findLast((copy) => copy.prefix.micros <= now) ?? copies.at(-1);
  const untouchable = new Map(findTrusted(copies.filter(({ prefix }) => prefix.micros <= now)));
  if (newest !== undefined) {
    untouchable.set(newest, 'the newest copy');
  }
  for (const copy of copies.filter(({ prefix }) => prefix.name === current?.name)) {
    untouchable.set(copy, 'the copy just made');
  }
  return { copies, newest, untouchable };
}

/** What the rules keep, and what only a gap in front of it keeps (`spared`). */
function applyRules(
  request: RotationRequest,
  past: Past,
): { kept: Reasons; spared: readonly Copy[]; gap: ClockGap | undefined } {
  const rules = request.policy.keep;
  if (rules === undefined || !keepsAnything(rules)) {
    const all = past.copies.map((copy) => [copy, 'no rule removes it'] as const);
    return { kept: new Map([...all, ...past.untouchable]), spared: [], gap: undefined };
  }
  const wanted = new Map([...askRules(request, past, rules), ...past.untouchable]);
  const gap = request.confirmed ? undefined : findGap(past, rules, wanted);
  const spared = (gap?.before ?? []).filter((copy) => !wanted.has(copy));
  const why =
    gap === undefined
      ? ''
      : `before a gap of ${formatGap(gap)}: the clock may have jumped; a rotation with --yes removes it`;
  return {
    kept: new Map([...wanted, ...spared.map((copy) => [copy, why] as const)]),
    spared,
    gap,
  };
}

/** What the rules want, and what they would want if there were no damaged copies. */
function askRules(request: RotationRequest, past: Past, rules: KeepRules): Reasons {
  const reference = findReference(request, past);
  const sound = past.copies.filter(isSound);
  const instead = [...applyKeepRules({ copies: sound, rules, reference })].map(
    ([copy, reason]) => [copy, `${reason}, in place of a damaged one`] as const,
  );
  return new Map([...instead, ...applyKeepRules({ copies: past.copies, rules, reference })]);
}

/** The newest copy but the one just made; when none was just made, the newest may be that of a run with a wrong clock. */
function findReference(request: RotationRequest, past: Past): Copy | undefined {
  const left = request.current?.name ?? past.newest?.prefix.name;
  return past.copies.findLast((copy) => copy.prefix.name !== left);
}

function findGap(past: Past, rules: KeepRules, wanted: Reasons): ClockGap | undefined {
  return findClockGap({
    copies: past.copies,
    // The damaged ones are the first that the limits remove, wherever they lie: they must not bear on it.
    wanted: new Set([...wanted.keys()].filter((copy) => !isKnownDamaged(copy))),
    thinnedToYears: rules.yearly > 0,
  });
}

/** What goes because of the limits: of the copies that the rules keep, the damaged, then the oldest, until both hold. */
function applyLimits(policy: RetentionPolicy, past: Past, kept: Reasons): Reasons {
  const survivors = past.copies.filter((copy) => kept.has(copy));
  const [damaged, sound] = [survivors.filter(isKnownDamaged), survivors.filter(isSound)];
  const removed = new Map<Copy, string>();
  let size = survivors.reduce((sum, copy) => sum + BigInt(copy.size), 0n);
  const removeFrom = (copies: readonly Copy[], all: number, order: string): void => {
    let count = BigInt(all);
    for (const copy of copies.filter((survivor) => !past.untouchable.has(survivor))) {
      const isOverCount = exceeds(count, policy.copies);
      if (!isOverCount && !exceeds(size, policy.size)) break;
      const limit = isOverCount
        ? `nb-copy-limit ${showLimit(policy.copies, String)}`
        : `root-size-limit ${showLimit(policy.size, showBytes)}`;
      removed.set(copy, `over ${limit}, ${order}`);
      count -= 1n;
      size -= BigInt(copy.size);
    }
  };
  removeFrom(damaged, survivors.length, 'known to be damaged');
  removeFrom(sound, sound.length, 'oldest first');
  return removed;
}

function isSound(copy: Copy): boolean {
  return !isKnownDamaged(copy);
}

function exceeds(value: bigint, limit: Limit): boolean {
  return limit.type === 'at-most' && value > limit.value;
}

function showLimit(limit: Limit, show: (value: bigint) => string): string {
  return limit.type === 'at-most' ? show(limit.value) : 'none';
}

function showBytes(bytes: bigint): string {
  return formatSize(Number(bytes));
}

function decideFate(copy: Copy, kept: Reasons, removed: Reasons): Fate {
  const over = removed.get(copy);
  if (over !== undefined) {
    return { copy, action: 'remove', reason: `removed: ${over}` };
  }
  const why = kept.get(copy);
  return why === undefined
    ? { copy, action: 'remove', reason: 'removed: no keep rule covers it' }
    : { copy, action: 'keep', reason: `kept: ${why}` };
}

/** As the listing tells. The store is asked again before anything is removed. */
function isLocked({ lockedUntil }: Copy, now: number): boolean {
  return lockedUntil !== undefined && lockedUntil * 1000 > now;
}

function spareLocked({ copy, reason }: Fate): Fate {
  const kept = `kept: locked until ${formatLock(copy)}`;
  return { copy, action: 'keep', reason: `${kept}; then ${reason.replace(/^removed: /, '')}` };
}

/** One config mistake must not empty a root: more than five and more than half at once need a person's word. */
function refuse(fates: readonly Fate[], of: number): Refusal | undefined {
  const removing = fates.filter((fate) => fate.action === 'remove').length;
  return removing > REFUSED_ABOVE && removing * 2 > of ? { removing, of } : undefined;
}
