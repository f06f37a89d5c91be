/** What a verify has found out of the copies bears on which of them stay. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bare, copyAt, DAY, type Known, knownAs, NOW, type Policy, plan } from './histories.js';

function fatesOf(copies: Parameters<typeof plan>[0], policy: Policy): readonly string[] {
  return plan(copies, policy, { confirmed: true }).fates.map(
    ({ copy, action }) => `${action === 'keep' ? '+' : '-'}${copy.prefix.name.slice(5, 10)}`,
  );
}

function reasonsOf(...args: Parameters<typeof plan>): readonly string[] {
  return plan(...args).fates.map((fate) => fate.reason);
}

suite('what is known of the copies', () => {
  /** One copy a day up to the 19th, oldest first: `w` whole, `d` damaged, `s` sampled, `o` without a manifest, `-` nothing known. */
  function historyOf(known: string) {
    const kinds: Readonly<Record<string, Known>> = { w: 'whole', d: 'damaged', s: 'sampled' };
    return Array.from(known, (letter, index) => {
      const copy = copyAt(NOW - (known.length - index) * DAY, 10);
      if (letter === 'o') return bare(copy);
      const kind = kinds[letter];
      return kind === undefined ? copy : knownAs(copy, kind);
    });
  }
  const cases: readonly (readonly [known: string, policy: Policy, fates: string])[] = [
    ['----', { copies: 1 }, '-11-16 -11-17 -11-18 +11-19'],
    ['w---', { copies: 1 }, '+11-16 -11-17 -11-18 +11-19'],
    ['w-w-', { copies: 1 }, '-11-16 -11-17 +11-18 +11-19'],
    ['w--w', { copies: 1 }, '-11-16 -11-17 -11-18 +11-19'],
    ['s---', { copies: 1 }, '-11-16 -11-17 -11-18 +11-19'],
    ['---d', { copies: 1 }, '-11-16 -11-17 +11-18 +11-19'],
    ['w--d', { copies: 1 }, '+11-16 -11-17 +11-18 +11-19'],
    ['dddd', { copies: 1 }, '-11-16 -11-17 -11-18 +11-19'],
    ['--d-', { copies: 3 }, '+11-16 +11-17 -11-18 +11-19'],
    ['---d', { copies: 3 }, '+11-16 +11-17 +11-18 +11-19'],
    ['---d', { copies: 2 }, '-11-16 +11-17 +11-18 +11-19'],
    ['-d--', { size: 30 }, '+11-16 -11-17 +11-18 +11-19'],
    ['---d', { size: 20 }, '-11-16 -11-17 +11-18 +11-19'],
    ['--dd', { keep: { last: 2 } }, '+11-16 +11-17 +11-18 +11-19'],
    ['w---', { keep: { last: 2 } }, '+11-16 -11-17 +11-18 +11-19'],
    ['-d--', { keep: { last: 2 } }, '-11-16 -11-17 +11-18 +11-19'],
    ['---o', { copies: 1 }, '-11-16 -11-17 +11-18 -11-19'],
    ['-o-o', { copies: 3 }, '+11-16 -11-17 +11-18 +11-19'],
    ['oooo', { copies: 1 }, '-11-16 -11-17 -11-18 +11-19'],
    ['o-dd', { copies: 2 }, '-11-16 +11-17 -11-18 +11-19'],
    ['oddd', { copies: 1 }, '+11-16 -11-17 -11-18 +11-19'],
    ['-o--', { size: 30 }, '+11-16 -11-17 +11-18 +11-19'],
    ['--oo', { keep: { last: 2 } }, '+11-16 +11-17 +11-18 +11-19'],
  ];
  for (const [known, policy, fates] of cases) {
    test(`${known} with ${JSON.stringify(policy)}: ${fates}`, () => {
      assert.equal(fatesOf(historyOf(known), policy).join(' '), fates);
    });
  }

  test('is told as the reason', () => {
    assert.deepEqual(reasonsOf(historyOf('w-d--d'), { copies: 1 }), [
      'kept: the newest copy that was verified',
      'removed: over nb-copy-limit 1, oldest first',
      'removed: over nb-copy-limit 1, known to be damaged',
      'removed: over nb-copy-limit 1, oldest first',
      'kept: the newest copy that is not known to be damaged',
      'kept: the newest copy',
    ]);
    assert.equal(
      reasonsOf(historyOf('-d'), { keep: { last: 1 } })[0],
      'kept: the newest copy that is not known to be damaged',
    );
    assert.equal(
      reasonsOf(historyOf('--dd'), { keep: { last: 2 } })[0],
      'kept: last 2, in place of a damaged one',
    );
    assert.deepEqual(reasonsOf(historyOf('-oo-'), { copies: 3 }), [
      'kept: no rule removes it',
      'removed: over nb-copy-limit 3, without a manifest',
      'kept: no rule removes it',
      'kept: the newest copy',
    ]);
  });

  test('of one day, the copy with a manifest keeps its place beside a later one without', () => {
    const good = copyAt(NOW - DAY, 10);
    const later = bare(copyAt(NOW - DAY + 1, 10));
    assert.deepEqual(reasonsOf([good, later, copyAt(NOW)], { keep: { daily: 2 } }), [
      'kept: newest of day 2026-11-19, in place of one without a manifest',
      'kept: newest of day 2026-11-19',
      'kept: the newest copy',
    ]);
  });
});
