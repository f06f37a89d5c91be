/** What holds for every history and every policy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Copy } from '../../src/copy/copy.js';
import { type DrillRecord, isVerified, NO_RECORDS } from '../../src/copy/records.js';
import type { RotationRequest } from '../../src/copy/retention.js';
import { hasManifest, isKnownDamaged, isSound } from '../../src/copy/trust.js';
import {
  copyAt,
  DAY,
  daily,
  type History,
  keptOf,
  NOW,
  namesOf,
  plan,
  randomHistory,
  removedOf,
  seeded,
  verifiedAs,
} from './histories.js';

const CASES = 2500;
const HISTORIES = Array.from({ length: CASES }, (_, seed) => randomHistory(seeded(seed)));

function forEveryHistory(check: (history: History, random: () => number) => void): void {
  for (const [seed, history] of HISTORIES.entries()) {
    const random = seeded(seed + CASES);
    try {
      check(history, random);
    } catch (error) {
      throw new Error(`history ${seed}, policy ${JSON.stringify(history.policy)}`, {
        cause: error,
      });
    }
  }
}

function planOf(history: History, request: Partial<RotationRequest> = {}) {
  return plan(history.copies, history.policy, { current: history.current, ...request });
}

test('the histories are worth it: many remove, many are refused, many have gaps and futures', () => {
  const seen = {
    removing: 0,
    refused: 0,
    gap: 0,
    future: 0,
    byRule: 0,
    byLimit: 0,
    known: 0,
    bare: 0,
  };
  forEveryHistory((history) => {
    const rotation = planOf(history);
    const reasons = rotation.fates.map((fate) => fate.reason).join('\n');
    seen.removing += Number(removedOf(rotation).length > 0);
    seen.refused += Number(rotation.refused !== undefined);
    seen.future += Number(rotation.future.length > 0);
    seen.gap += Number(reasons.includes('before a gap'));
    seen.byRule += Number(reasons.includes('no keep rule'));
    seen.byLimit += Number(reasons.includes('oldest first'));
    seen.bare += Number(reasons.includes('without a manifest'));
    seen.known += Number(reasons.includes('verified') && reasons.includes('known to be damaged'));
  });
  for (const [what, count] of Object.entries(seen)) {
    assert.ok(count > CASES / 50, `${what}: ${count} of ${CASES}`);
  }
});

test('every copy has one fate, oldest first', () => {
  forEveryHistory((history) => {
    const { fates } = planOf(history);
    assert.deepEqual(namesOf(fates.map((fate) => fate.copy)), namesOf(history.copies).toSorted());
    for (const { action, reason } of fates) {
      assert.ok(reason.startsWith(action === 'keep' ? 'kept: ' : 'removed: '), reason);
    }
  });
});

/** Of the copies that are not of the future, those with a manifest; all where none has one. */
function rankedOf({ copies }: History): readonly Copy[] {
  const past = copies.filter((copy) => copy.prefix.micros <= NOW);
  return past.some(hasManifest) ? past.filter(hasManifest) : past;
}

function newestName(copies: readonly Copy[]): string {
  return namesOf(copies).toSorted().at(-1) ?? '';
}

test('the newest copy that is not of the future is never removed, nor is the current one', () => {
  forEveryHistory((history, random) => {
    const removed = removedOf(planOf(history, { confirmed: random() < 0.5 }));
    const newest = newestName(rankedOf(history));
    assert.ok(!removed.some((name) => name === newest || name === history.current?.name));
  });
});

test('the newest copy that was verified is never removed, nor the newest that is not known to be damaged', () => {
  forEveryHistory((history, random) => {
    const removed = new Set(removedOf(planOf(history, { confirmed: random() < 0.5 })));
    const ranked = rankedOf(history);
    assert.ok(!removed.has(newestName(ranked.filter(({ records }) => isVerified(records)))));
    assert.ok(!removed.has(newestName(ranked.filter(isSound))));
  });
});

test('a decoding that fails over right bytes, or a drill, changes nothing in a rotation', () => {
  const at = '2026-11-21T00:00:00.000Z';
  const drill: DrillRecord = { at, host: 'h', result: 'failed', durationMs: 1, problem: 'p' };
  let undecoded = 0;
  forEveryHistory((history, random) => {
    // That their bytes are right takes back damage.
    const tried = (copy: Copy): Copy => {
      if (!hasManifest(copy) || isKnownDamaged(copy) || random() < 0.4) return copy;
      undecoded += 1;
      const found = random() < 0.5 ? 'UW' : 'UU';
      const failed = verifiedAs(copy, random() < 0.2 ? 'U-' : found);
      return { ...failed, records: { ...failed.records, drill } };
    };
    const told = (copies: readonly Copy[]) =>
      plan(copies, history.policy, { current: history.current }).fates.map(
        ({ copy, action, reason }) => `${copy.prefix.name} ${action}: ${reason}`,
      );
    assert.deepEqual(told(history.copies.map(tried)), told(history.copies));
  });
  assert.ok(undecoded > CASES);
});

test('what is known of a copy costs no good one its place by the rules', () => {
  forEveryHistory(({ policy: { keep }, ...history }) => {
    const policy = keep === undefined ? {} : { keep };
    const unknown = history.copies.map((copy) => ({ ...copy, records: NO_RECORDS }));
    // A gap is measured with the damaged ones left out: compared is what no gap touches.
    const request = { confirmed: true };
    const without = new Set(removedOf(planOf({ ...history, policy, copies: unknown }, request)));
    assert.ok(removedOf(planOf({ ...history, policy }, request)).every((one) => without.has(one)));
  });
});

test('no good copy falls to nb-copy-limit while a damaged one stays that could go', () => {
  forEveryHistory((history) => {
    const { fates } = planOf(history);
    const falls = fates.filter(({ reason }) => reason.includes('over nb-copy-limit'));
    if (!falls.some(({ copy }) => hasManifest(copy) && isSound(copy))) return;
    const stays = fates.filter(({ copy, action }) => action === 'keep' && isKnownDamaged(copy));
    assert.ok(stays.every(({ reason }) => /newest copy|just made|dated after/.test(reason)));
  });
});

test('no copy with a manifest goes that would stay if there were none without', () => {
  let bares = 0;
  forEveryHistory((history, random) => {
    const { current } = history;
    const copies = history.copies.filter(
      (copy) => hasManifest(copy) || copy.prefix.name === current?.name,
    );
    if (current !== undefined && !copies.every(hasManifest)) return;
    bares += history.copies.length - copies.length;
    const request = { confirmed: random() < 0.5 };
    const alone = new Set(removedOf(planOf({ ...history, copies }, request)));
    const kinds = new Map(history.copies.map((copy) => [copy.prefix.name, hasManifest(copy)]));
    const removed = removedOf(planOf(history, request)).filter((name) => kinds.get(name));
    assert.deepEqual(
      removed.filter((name) => !alone.has(name)),
      [],
    );
  });
  assert.ok(bares > CASES);
});

test('no copy with a manifest falls to a limit while one without stays that could go', () => {
  forEveryHistory((history) => {
    const { fates } = planOf(history);
    const falls = fates.filter(({ reason }) => reason.startsWith('removed: over'));
    if (!falls.some(({ copy }) => hasManifest(copy))) return;
    const stays = fates.filter(({ copy, action }) => action === 'keep' && !hasManifest(copy));
    assert.ok(stays.every(({ reason }) => /newest copy|just made|dated after/.test(reason)));
  });
});

test('the order of the input does not matter', () => {
  forEveryHistory((history, random) => {
    const shuffled = history.copies.toSorted(() => random() - 0.5);
    assert.deepEqual(planOf({ ...history, copies: shuffled }), planOf(history));
  });
});

test('a tighter limit never keeps more', () => {
  forEveryHistory((history, random) => {
    const loose = { copies: 5 + Math.floor(random() * 20), size: 50 + Math.floor(random() * 200) };
    const tight = {
      copies: Math.floor(random() * loose.copies),
      size: Math.floor(random() * loose.size),
    };
    const removedUnder = (limits: object) =>
      new Set(removedOf(planOf({ ...history, policy: { ...history.policy, ...limits } })));
    const [removedLoose, removedTight] = [removedUnder(loose), removedUnder(tight)];
    assert.ok([...removedLoose].every((name) => removedTight.has(name)));
  });
});

test('a plan that was carried out leaves nothing to remove', () => {
  forEveryHistory((history, random) => {
    const request = { confirmed: random() < 0.5 };
    const kept = keptOf(planOf(history, request));
    assert.deepEqual(removedOf(planOf({ ...history, copies: kept }, request)), []);
  });
});

test('copies of the future are never removed and never change the fate of the others', () => {
  forEveryHistory((history, random) => {
    const future = Array.from({ length: 1 + Math.floor(random() * 20) }, (_, index) =>
      copyAt(NOW + 1 + Math.floor(random() * 30_000) * DAY + index, 1000),
    );
    const past = planOf(history);
    const both = planOf({ ...history, copies: [...future, ...history.copies] });
    assert.deepEqual(removedOf(both), removedOf(past));
    const added = new Set(namesOf(future));
    assert.deepEqual(
      both.fates.filter((fate) => !added.has(fate.copy.prefix.name)),
      past.fates,
    );
    assert.deepEqual(both.refused, past.refused);
  });
});

test('what a person confirms removes at least what the rules would remove, and is never refused', () => {
  forEveryHistory((history) => {
    // Limits count what a gap spares, so the comparison is of the rules alone.
    const { keep } = history.policy;
    const policy = keep === undefined ? {} : { keep };
    const confirmed = planOf({ ...history, policy }, { confirmed: true });
    const removed = new Set(removedOf(confirmed));
    assert.equal(confirmed.refused, undefined);
    assert.ok(removedOf(planOf({ ...history, policy })).every((name) => removed.has(name)));
  });
});

test('a refused plan removes more than five copies and more than half; others do not', () => {
  forEveryHistory((history) => {
    const rotation = planOf(history);
    const removing = removedOf(rotation).length;
    const of = history.copies.length - rotation.future.length;
    const isTooMuch = removing > 5 && removing > of / 2;
    assert.deepEqual(rotation.refused, isTooMuch ? { removing, of } : undefined);
  });
});

test('a clock that jumps ahead costs no copy through age: not on that run, not on the next ones', () => {
  for (const years of [1, 10, 73]) {
    const policy = { keep: { within: { ms: 30 * 86_400_000 } } };
    const copies = daily(25, 1);
    const jumped = NOW + years * 366 * DAY;
    for (let run = 0; run < 4; run += 1) {
      const now = jumped + run * DAY;
      const made = [
        ...copies,
        ...daily(run + 1, 0).map((_, index) => copyAt(jumped + index * DAY)),
      ];
      const current = made.at(-1)?.prefix;
      assert.deepEqual(removedOf(plan(made, policy, { now, current })), []);
      assert.deepEqual(removedOf(plan(made, policy, { now })), []);
    }
  }
});

test('a clock that falls back costs no copy', () => {
  const policy = { copies: 30, keep: { last: 7, daily: 7, within: { ms: 10 * 86_400_000 } } };
  const steady = keptOf(plan(daily(30, 1), policy, { confirmed: true }));
  for (const now of [0, NOW - 3 * DAY, NOW - 8 * DAY, NOW - 400 * DAY]) {
    const made = copyAt(now);
    const copies = [...steady, made];
    assert.deepEqual(removedOf(plan(copies, policy, { now, current: made.prefix })), []);
  }
});

test('ten thousand copies are planned at once', () => {
  const started = process.cpuUsage();
  plan(daily(10_000), { copies: 5000, keep: { daily: 14, weekly: 8, monthly: 12, yearly: 3 } });
  assert.ok(process.cpuUsage(started).user < 2_000_000);
});

test('no copy goes that is locked, and a lock changes the fate of no other', () => {
  let spared = 0;
  forEveryHistory((history, random) => {
    const lockedUntil = NOW / 1000 + 1;
    const copies = history.copies.map((copy) => (random() < 0.3 ? { ...copy, lockedUntil } : copy));
    const { fates } = planOf({ ...history, copies }, { confirmed: true });
    const without = planOf(history, { confirmed: true }).fates;
    for (const [index, { copy, action }] of fates.entries()) {
      const isLocked = copy.lockedUntil !== undefined;
      const was = without[index]?.action;
      assert.equal(action, isLocked ? 'keep' : was);
      spared += Number(isLocked && was === 'remove');
    }
  });
  assert.ok(spared > CASES / 10, `${spared} were spared`);
});
