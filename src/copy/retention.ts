/**
 * Rotation: decides which copies to keep and which to remove, before anything is removed. Pure: no clock, no store.
 *
 * 1. `keep`: a copy that at least one rule keeps is kept. Without rules all copies are kept.
 * 2. `nb-copy-limit` and `root-size-limit` then remove the oldest copies until both hold, also copies that rules keep.
 *
 * Some copies are always kept: the one that this run has made, the newest, the newest that was verified, the newest that
 * is not known to be damaged. Here, too, a copy with a manifest comes before any without.
 *
 * There are three ranks: copies that are not known to be damaged, damaged copies, copies without a manifest, of which
 * nothing says that they are whole. A copy never displaces one of a higher rank. The rules are applied three times, to the
 * first rank, to the first two, and to all, and what any result keeps is kept. The limits remove the lowest rank first, and
 * within a rank the oldest. All copies count; but when it is the turn of a rank, what still remains of lower ones, because
 * it is always kept, does not count any more. Of damaged copies that remain, the bytes count all the same.
 *
 * A copy that is locked in the store is kept and counts. Not being able to remove it is no failure.
 *
 * A copy dated after now is kept, does not count and has no effect on the others. Age is measured from the newest other
 * copy, not from now: a clock that has jumped ahead, or an outage of a year, does not make copies old. After such a jump
 * the keep rules remove no copy from before the gap until a person confirms (see `clock-gap.ts`). The limits do not wait
 * for that, because otherwise a wrong clock would fill the disk.
 */

import { type ClockGap, findClockGap, formatGap } from './clock-gap.js';
import type { Copy } from './copy.js';
import { applyKeepRules, keepsAnything } from './keep-rules.js';
import { applyLimits } from './limits.js';
import type { KeepRules, RetentionPolicy } from './policy.js';
import { comparePrefixes, type Prefix } from './prefix.js';
import {
  formatLock,
  warnOfFuture,
  warnOfGap,
  warnOfLocked,
  warnOfSize,
} from './rotation-warnings.js';
import { findTrusted, hasManifest, isSound } from './trust.js';

export interface RotationRequest {
  /** In any order. */
  readonly copies: readonly Copy[];
  readonly policy: RetentionPolicy;
  /** Microseconds since the epoch. */
  readonly now: number;
  /** The copy that this run has made; undefined when rotation is run by itself. */
  readonly current: Prefix | undefined;
  /** True when a person has seen the plan and agrees: then gaps protect no copy, and nothing is refused. */
  readonly confirmed: boolean;
}

export interface RotationPlan {
  /** One per copy, oldest first. */
  readonly fates: readonly Fate[];
  /** The copies dated after now, oldest first. */
  readonly future: readonly Copy[];
  /** Set when the plan removes too many copies without a confirmation. Then nothing may be removed. */
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

/** The copies that are not dated after now, oldest first, and those of them that are always kept, with the reason. */
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

  const { kept, spared } = applyRules(request, past);
  const removed = applyLimits(policy, {
    copies: past.copies.filter((copy) => kept.has(copy)),
    untouchable: past.untouchable,
  });
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
      ...warnOfGap([...spared].filter(([copy]) => !removed.has(copy))),
      ...warnOfLocked(locked.map(({ copy }) => copy)),
      ...warnOfSize(past.newest, policy.size),
    ],
  };
}

/** When the clock was set back during the run, the copy that the run has made may be dated after now. */
function describePast(copies: readonly Copy[], request: RotationRequest): Past {
  const { now, current } = request;
  const before = copies.filter(({ prefix }) => prefix.micros <= now);
  const newest =
    before.findLast(hasManifest) ?? copies.findLast(hasManifest) ?? before.at(-1) ?? copies.at(-1);
  const untouchable = new Map(findTrusted(before));
  if (newest !== undefined) {
    untouchable.set(newest, 'the newest copy');
  }
  for (const copy of copies.filter(({ prefix }) => prefix.name === current?.name)) {
    untouchable.set(copy, 'the copy just made');
  }
  return { copies, newest, untouchable };
}

/** `kept`: all copies that stay so far. `spared`: those of them that stay only because of a gap. */
function applyRules(
  request: RotationRequest,
  past: Past,
): { kept: Reasons; spared: ReadonlyMap<Copy, ClockGap> } {
  const rules = request.policy.keep;
  if (rules === undefined || !keepsAnything(rules)) {
    const all = past.copies.map((copy) => [copy, 'no rule removes it'] as const);
    return { kept: new Map([...all, ...past.untouchable]), spared: new Map() };
  }
  const wanted = new Map([...askRules(request, past, rules), ...past.untouchable]);
  const gapOf = request.confirmed ? () => undefined : findGaps(past, rules, wanted);
  const spared = past.copies.flatMap((copy) => {
    const gap = wanted.has(copy) ? undefined : gapOf(copy);
    return gap === undefined ? [] : [[copy, gap] as const];
  });
  const reasons = spared.map(([copy, gap]) => [copy, saySpared(gap)] as const);
  return { kept: new Map([...wanted, ...reasons]), spared: new Map(spared) };
}

function saySpared(gap: ClockGap): string {
  return `before a gap of ${formatGap(gap)}: the clock may have jumped; a rotation with --yes removes it`;
}

/** What the rules keep, and what they would keep if there were no copies of lower ranks. */
function askRules(request: RotationRequest, past: Past, rules: KeepRules): Reasons {
  const withManifest = past.copies.filter(hasManifest);
  const ask = (copies: readonly Copy[], reference: Copy | undefined) =>
    applyKeepRules({ copies, rules, reference });
  const instead = (kept: Reasons, lower: string) =>
    [...kept].map(([copy, reason]) => [copy, `${reason}, in place of ${lower}`] as const);
  const reference = findReference(request, past, withManifest);
  return new Map([
    ...instead(ask(withManifest.filter(isSound), reference), 'a damaged one'),
    ...instead(ask(withManifest, reference), 'one without a manifest'),
    ...ask(past.copies, findReference(request, past, past.copies)),
  ]);
}

/**
 * The newest of these copies except the one that this run has made. Without such a copy the newest is left out as well: a run
 * with a wrong clock may have made it.
 */
function findReference(
  request: RotationRequest,
  past: Past,
  copies: readonly Copy[],
): Copy | undefined {
  const left = request.current?.name ?? past.newest?.prefix.name;
  return copies.findLast((copy) => copy.prefix.name !== left);
}

/**
 * The gap that a copy lies before. For a copy with a manifest only the others with one are looked at. The limits remove
 * copies of the lower ranks first, so the result must not depend on which of these there are.
 */
function findGaps(
  past: Past,
  rules: KeepRules,
  wanted: Reasons,
): (copy: Copy) => ClockGap | undefined {
  const known = past.copies.filter(hasManifest);
  const sound = [...wanted.keys()].filter(isSound);
  const request = {
    wanted: new Set(known.length > 0 ? sound.filter(hasManifest) : sound),
    thinnedToYears: rules.yearly > 0,
  };
  const ofKnown = findClockGap({ ...request, copies: known });
  const ofAll = findClockGap({ ...request, copies: past.copies });
  return (copy) => {
    const gap = hasManifest(copy) ? ofKnown : ofAll;
    return gap?.before.includes(copy) === true ? gap : undefined;
  };
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

/** According to the listing. The store is asked again before a copy is removed. */
function isLocked({ lockedUntil }: Copy, now: number): boolean {
  return lockedUntil !== undefined && lockedUntil * 1000 > now;
}

function spareLocked({ copy, reason }: Fate): Fate {
  const kept = `kept: locked until ${formatLock(copy)}`;
  return { copy, action: 'keep', reason: `${kept}; then ${reason.replace(/^removed: /, '')}` };
}

/** One mistake in a config must not empty a root: to remove more than five copies and more than half, a person must confirm. */
function refuse(fates: readonly Fate[], of: number): Refusal | undefined {
  const removing = fates.filter((fate) => fate.action === 'remove').length;
  return removing > REFUSED_ABOVE && removing * 2 > of ? { removing, of } : undefined;
}
