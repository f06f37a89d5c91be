/** Copies, policies and histories for the tests of rotation. */

import assert from 'node:assert/strict';
import type { Copy } from '../../src/copy/copy.js';
import type { KeepRules, RetentionPolicy } from '../../src/copy/policy.js';
import { formatPrefix, type Prefix, parsePrefix } from '../../src/copy/prefix.js';
import { type CopyRecords, NO_RECORDS } from '../../src/copy/records.js';
import { planRotation, type RotationPlan, type RotationRequest } from '../../src/copy/retention.js';
import { resultOf } from '../../src/copy/verdict.js';
import { type NewVerdict, recordAfter } from '../../src/copy/verify-record.js';
import type { Limit } from '../../src/units/bytes.js';

export const DAY = 86_400_000_000;
export const NOW = Date.UTC(2026, 10, 20, 12) * 1000;

export function copyAt(micros: number, size = 1): Copy {
  const prefix = parsePrefix(formatPrefix(micros, 'microseconds'));
  assert.ok(prefix !== undefined);
  return {
    prefix,
    size,
    objects: 1,
    started: undefined,
    finished: undefined,
    manifest: true,
    records: NO_RECORDS,
  };
}

export type Known = 'whole' | 'damaged' | 'sampled';

/** What a verify leaves beside a copy. */
export function recordsOf(known: Known): CopyRecords {
  const at = '2026-11-20T00:00:00.000Z';
  const common = { at, host: 'h', depth: 'stored', of: 2, problems: [] } as const;
  const verify =
    known === 'damaged'
      ? { ...common, result: known, read: 2 }
      : { ...common, result: 'whole' as const, read: known === 'whole' ? 2 : 1 };
  return { verify, drill: undefined };
}

/** The same copy after a verify. */
export function knownAs(copy: Copy, known: Known): Copy {
  return { ...copy, records: recordsOf(known) };
}

const FOUND = { w: 'whole', d: 'damaged', u: 'undecodable', r: 'unread', '-': 'skipped' } as const;

/** A letter for each object: `w` whole, `d` damaged, `u` undecodable, `r` unread, `-` skipped; capitals: decoded. */
export function verdictOf(letters: string): NewVerdict['verdict'] {
  const lower = letters.toLowerCase();
  const objects = Array.from(lower, (letter, index) => {
    const result = FOUND[letter as keyof typeof FOUND];
    return { path: String(index), size: 1, result, problem: undefined };
  });
  const problems = objects.flatMap(({ path, result: finding }) =>
    finding === 'whole' || finding === 'skipped'
      ? []
      : [{ finding, text: `${path} is ${finding}` }],
  );
  return {
    result: resultOf(problems),
    depth: letters === lower ? 'stored' : 'decoded',
    read: objects.filter(({ result }) => result !== 'skipped').length,
    of: objects.length,
    problems,
    objects,
  };
}

/** The same copy after a verify that found this. */
export function verifiedAs(copy: Copy, letters: string): Copy {
  const news = { verdict: verdictOf(letters), at: '2026-11-21T00:00:00.000Z', host: 'without-key' };
  const verify = recordAfter(news, copy.records.verify) ?? copy.records.verify;
  return { ...copy, records: { ...copy.records, verify } };
}

/** The same copy without a manifest. */
export function bare(copy: Copy): Copy {
  return { ...copy, manifest: false, records: NO_RECORDS };
}

/** One copy a day, the newest `newest` days before NOW. */
export function daily(count: number, newest = 0): readonly Copy[] {
  return Array.from({ length: count }, (_, index) => copyAt(NOW - (newest + index) * DAY));
}

function keepRules(rules: Partial<KeepRules>): KeepRules {
  return { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: undefined, ...rules };
}

export interface Policy {
  readonly copies?: number;
  readonly size?: number;
  readonly keep?: Partial<KeepRules>;
}

function policyOf(policy: Policy): RetentionPolicy {
  return {
    copies: limitOf(policy.copies),
    size: limitOf(policy.size),
    keep: policy.keep === undefined ? undefined : keepRules(policy.keep),
  };
}

function limitOf(value: number | undefined): Limit {
  return value === undefined ? { type: 'none' } : { type: 'at-most', value: BigInt(value) };
}

export function plan(
  copies: readonly Copy[],
  policy: Policy,
  request: Partial<RotationRequest> = {},
): RotationPlan {
  return planRotation({
    copies,
    policy: policyOf(policy),
    now: NOW,
    current: undefined,
    confirmed: false,
    ...request,
  });
}

export function namesOf(copies: readonly Copy[]): readonly string[] {
  return copies.map((copy) => copy.prefix.name);
}

export function removedOf(rotation: RotationPlan): readonly string[] {
  return namesOf(
    rotation.fates.filter((fate) => fate.action === 'remove').map((fate) => fate.copy),
  );
}

export function keptOf(rotation: RotationPlan): readonly Copy[] {
  return rotation.fates.filter((fate) => fate.action === 'keep').map((fate) => fate.copy);
}

export interface History {
  readonly copies: readonly Copy[];
  readonly policy: Policy;
  readonly current: Prefix | undefined;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Copies at the most different distances, some in the future, some decades apart, and any policy; some without a manifest. */
export function randomHistory(random: () => number): History {
  const steps = [3.6e9, DAY, 7 * DAY, 30 * DAY, 120 * DAY, 365 * DAY, 9000 * DAY];
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  let at = NOW + (random() < 0.3 ? upTo(5) * DAY : 0);
  let step = steps[upTo(4)] ?? DAY;
  const found = new Map<string, Copy>();
  const verifies = random() < 0.6;
  const bareOnes = random() < 0.4 ? random() : 0;
  for (let left = upTo(40); left > 0 && at > 0; left -= 1) {
    const made = copyAt(at, upTo(20));
    const copy = verifies ? verified(made, random()) : made;
    found.set(copy.prefix.name, random() < bareOnes ? bare(copy) : copy);
    step = random() < 0.1 ? (steps[upTo(6)] ?? DAY) : step;
    at -= Math.floor(step * (0.5 + random()));
  }
  const copies = [...found.values()].toSorted(() => random() - 0.5);
  return { copies, policy: randomPolicy(random), current: randomCurrent(random, copies) };
}

function verified(copy: Copy, chance: number): Copy {
  if (chance < 0.2) return knownAs(copy, 'damaged');
  if (chance < 0.3) return knownAs(copy, 'sampled');
  return chance < 0.5 ? knownAs(copy, 'whole') : copy;
}

function randomPolicy(random: () => number): Policy {
  const maybe = (most: number) => (random() < 0.5 ? 0 : Math.floor(random() * most));
  const keep = {
    last: maybe(8),
    daily: maybe(8),
    weekly: maybe(6),
    monthly: maybe(6),
    yearly: maybe(3),
    within: random() < 0.4 ? { ms: (1 + maybe(60)) * 86_400_000 } : undefined,
  };
  return {
    ...(random() < 0.4 ? { copies: Math.floor(random() * 30) } : {}),
    ...(random() < 0.4 ? { size: Math.floor(random() * 300) } : {}),
    ...(random() < 0.8 ? { keep } : {}),
  };
}

function randomCurrent(random: () => number, copies: readonly Copy[]): Prefix | undefined {
  return random() < 0.5 ? copies[Math.floor(random() * copies.length)]?.prefix : undefined;
}
