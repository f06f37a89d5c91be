import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { copyAt, DAY, daily, NOW, namesOf, type Policy, plan, removedOf } from './histories.js';

const MONTH = { ms: 30 * 86_400_000 };

function at(iso: string, size = 1) {
  return copyAt(Date.parse(iso) * 1000, size);
}

/** The dates of what stays and goes, such as `+11-20`. */
function fatesOf(copies: Parameters<typeof plan>[0], policy: Policy): readonly string[] {
  return plan(copies, policy, { confirmed: true }).fates.map(
    ({ copy, action }) => `${action === 'keep' ? '+' : '-'}${copy.prefix.name.slice(5, 10)}`,
  );
}

function reasonsOf(...args: Parameters<typeof plan>): readonly string[] {
  return plan(...args).fates.map((fate) => fate.reason);
}

suite('the two limits', () => {
  const sized = [10, 20, 30, 40].map((size, index) => copyAt(NOW - (4 - index) * DAY, size));
  const cases: readonly (readonly [policy: Policy, fates: string])[] = [
    [{}, '+11-16 +11-17 +11-18 +11-19'],
    [{ copies: 4 }, '+11-16 +11-17 +11-18 +11-19'],
    [{ copies: 3 }, '-11-16 +11-17 +11-18 +11-19'],
    [{ copies: 1 }, '-11-16 -11-17 -11-18 +11-19'],
    [{ copies: 0 }, '-11-16 -11-17 -11-18 +11-19'],
    [{ size: 100 }, '+11-16 +11-17 +11-18 +11-19'],
    [{ size: 99 }, '-11-16 +11-17 +11-18 +11-19'],
    [{ size: 70 }, '-11-16 -11-17 +11-18 +11-19'],
    [{ size: 0 }, '-11-16 -11-17 -11-18 +11-19'],
    [{ copies: 3, size: 70 }, '-11-16 -11-17 +11-18 +11-19'],
    [{ copies: 2, size: 99 }, '-11-16 -11-17 +11-18 +11-19'],
    [{ copies: 2, keep: { last: 4 } }, '-11-16 -11-17 +11-18 +11-19'],
    [{ copies: 3, keep: { last: 2 } }, '-11-16 -11-17 +11-18 +11-19'],
  ];
  for (const [policy, fates] of cases) {
    test(`${JSON.stringify(policy)}: ${fates}`, () => {
      assert.equal(fatesOf(sized, policy).join(' '), fates);
    });
  }

  test('say which of them a copy fell to', () => {
    assert.deepEqual(reasonsOf(sized, { copies: 3, size: 70 }), [
      'removed: over nb-copy-limit 3, oldest first',
      'removed: over root-size-limit 70 B, oldest first',
      'kept: no rule removes it',
      'kept: the newest copy',
    ]);
  });
});

suite('a lock of the store', () => {
  const HOUR_MS = 3_600_000;
  const locked = (days: number, aheadMs: number) => ({
    ...copyAt(NOW - days * DAY),
    lockedUntil: NOW / 1000 + aheadMs,
  });
  const history = [copyAt(NOW - 5 * DAY), locked(4, 0), locked(3, 1), locked(2, HOUR_MS)];
  const copies = [...history, copyAt(NOW - DAY)];

  test('keeps what would go until it ends, and says so in one sentence', () => {
    const { fates, warnings } = plan(copies, { copies: 2 }, { confirmed: true });
    assert.deepEqual(
      fates.map(({ reason }) => reason),
      [
        'removed: over nb-copy-limit 2, oldest first',
        'removed: over nb-copy-limit 2, oldest first',
        'kept: locked until 2026-11-20T12:00:00+00:00; then over nb-copy-limit 2, oldest first',
        'kept: no rule removes it',
        'kept: the newest copy',
      ],
    );
    assert.deepEqual(warnings, [
      'The copy 2026-11-17T12:00:00.000000+00:00 may go, but is locked until 2026-11-20T12:00:00+00:00. Kept until then.',
    ]);
  });

  test('is said of many at once, and is not silent about those that are not named', () => {
    const many = Array.from({ length: 8 }, (_, index) => locked(index + 1, HOUR_MS));
    const { warnings } = plan(many, { copies: 1 });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^7 copies may go, but are locked: 2026-11-12.* and 2 more\./);
  });

  test('of many copies is no reason to refuse a rotation every night', () => {
    const many = Array.from({ length: 20 }, (_, index) => locked(index + 1, HOUR_MS));
    const { fates, refused } = plan([...many, copyAt(NOW - 30 * DAY)], { copies: 1 });
    assert.equal(refused, undefined);
    assert.deepEqual(
      fates.map(({ action }) => action).filter((action) => action === 'remove'),
      ['remove'],
    );
  });
});

suite('the keep rules', () => {
  const history = [
    at('2024-12-31T01:00:00Z'),
    at('2025-06-01T01:00:00Z'),
    at('2025-12-30T01:00:00Z'),
    at('2026-09-30T01:00:00Z'),
    at('2026-10-31T01:00:00Z'),
    at('2026-11-08T23:00:00Z'),
    at('2026-11-09T00:00:00Z'),
    at('2026-11-18T01:00:00Z'),
    at('2026-11-19T01:00:00Z'),
    at('2026-11-19T02:00:00Z'),
    at('2026-11-20T01:00:00Z'),
  ];
  const cases: readonly (readonly [keep: Policy['keep'], kept: string])[] = [
    [{ last: 1 }, '11-20'],
    [{ last: 3 }, '11-19 11-19 11-20'],
    [{ last: 99 }, '12-31 06-01 12-30 09-30 10-31 11-08 11-09 11-18 11-19 11-19 11-20'],
    [{ daily: 2 }, '11-19 11-20'],
    [{ daily: 4 }, '11-09 11-18 11-19 11-20'],
    [{ weekly: 3 }, '11-08 11-09 11-20'],
    [{ monthly: 3 }, '09-30 10-31 11-20'],
    [{ yearly: 2 }, '12-30 11-20'],
    [{ yearly: 3 }, '12-31 12-30 11-20'],
    // The age is that of the newest but one, of the 19th: ten days before are the 9th, 02:00.
    [{ within: { ms: 10 * 86_400_000 } }, '11-18 11-19 11-19 11-20'],
    [{ within: { ms: 10 * 86_400_000 + 7_200_000 } }, '11-09 11-18 11-19 11-19 11-20'],
    [{ last: 1, monthly: 2, yearly: 2 }, '12-30 10-31 11-20'],
    [{}, '12-31 06-01 12-30 09-30 10-31 11-08 11-09 11-18 11-19 11-19 11-20'],
  ];
  for (const [keep, kept] of cases) {
    test(`${JSON.stringify(keep)} keep ${kept}`, () => {
      const fates = fatesOf(history, keep === undefined ? {} : { keep });
      const names = fates.filter((fate) => fate.startsWith('+')).map((fate) => fate.slice(1));
      assert.equal(names.join(' '), kept);
    });
  }

  test('the newest of a day is kept, not the first', () => {
    const removed = removedOf(plan(history, { keep: { daily: 99 } }));
    assert.deepEqual(removed, ['2026-11-19T01:00:00.000000+00:00']);
  });

  test('each copy has the reason of the first rule that keeps it', () => {
    const keep = { last: 2, daily: 3, weekly: 3, monthly: 3, yearly: 2, within: MONTH };
    assert.deepEqual(reasonsOf(history, { keep }, { confirmed: true }), [
      'removed: no keep rule covers it',
      'removed: no keep rule covers it',
      'kept: newest of year 2025',
      'kept: newest of month 2026-09',
      'kept: newest of month 2026-10',
      'kept: newest of week 2026-W45',
      'kept: newest of week 2026-W46',
      'kept: newest of day 2026-11-18',
      'kept: within 30 d of 2026-11-19T02:00:00.000000+00:00',
      'kept: last 2',
      'kept: the newest copy',
    ]);
  });
});

suite('what is never removed', () => {
  const tightest: Policy = { copies: 0, size: 0, keep: { last: 1 } };

  test('nothing is planned for nothing', () => {
    assert.deepEqual(plan([], tightest), {
      fates: [],
      future: [],
      refused: undefined,
      warnings: [],
    });
  });

  test('the last copy, however large or old', () => {
    assert.deepEqual(removedOf(plan([at('1999-01-01T00:00:00Z', 1000)], tightest)), []);
  });

  test('the copy just made, also when the clock was set back during its run', () => {
    const [before, made] = [copyAt(NOW - DAY), copyAt(NOW + DAY)];
    const rotation = plan([made, before, copyAt(NOW - 2 * DAY)], tightest, {
      current: made.prefix,
    });
    assert.deepEqual(removedOf(rotation), namesOf([copyAt(NOW - 2 * DAY)]));
    assert.equal(rotation.fates.at(-1)?.reason, 'kept: the copy just made');
    assert.deepEqual(rotation.future, []);
  });

  test('what is dated after now: kept, not counted, said', () => {
    const future = [copyAt(NOW + 1, 1000), copyAt(NOW + 9000 * DAY, 1000)];
    const rotation = plan([...future, ...daily(3)], { copies: 3, size: 3, keep: { last: 3 } });
    assert.deepEqual(removedOf(rotation), []);
    assert.deepEqual(rotation.future, future);
    assert.equal(rotation.fates.at(-1)?.reason, 'kept: dated after now, not counted');
    assert.deepEqual(rotation.warnings, [
      '2 copies are dated after now (2026-11-20T12:00:00+00:00): 2026-11-20T12:00:00.000001+00:00, ' +
        '2051-07-12T12:00:00.000000+00:00. Kept and not counted: the clock is wrong now or was wrong then.',
    ]);
  });

  test('one copy, and many, dated after now are named shortly', () => {
    const [one] = plan([copyAt(NOW + DAY)], {}).warnings;
    assert.match(
      one ?? '',
      /^The copy 2026-11-21T12:00:00.000000\+00:00 is dated after now \(2026/,
    );
    const [many] = plan(
      Array.from({ length: 9 }, (_, index) => copyAt(NOW + (index + 1) * DAY)),
      {},
    ).warnings;
    assert.match(many ?? '', /^9 copies are .*2026-11-25T12:00:00.000000\+00:00 and 4 more\./);
  });
});

suite('a clock that was wrong', () => {
  const keep = { last: 3, within: MONTH };

  test('what lies before a gap of decades stays, with the way to remove it', () => {
    const lost = [at('1970-01-01T00:10:00Z'), at('1970-01-02T00:10:00Z')];
    const rotation = plan([...lost, ...daily(5)], { keep });
    assert.deepEqual(removedOf(rotation), []);
    assert.equal(
      rotation.fates[0]?.reason,
      'kept: before a gap of 56 years: the clock may have jumped; a rotation with --yes removes it',
    );
    assert.match(rotation.warnings.join(), /^2 copies lie before a gap of 56 years and would have/);
    assert.deepEqual(
      removedOf(plan([...lost, ...daily(5)], { keep }, { confirmed: true })),
      namesOf(lost),
    );
  });

  test('the limits do not ask', () => {
    const lost = at('1970-01-01T00:10:00Z');
    const rotation = plan([lost, ...daily(5)], { copies: 5, keep });
    assert.deepEqual(removedOf(rotation), namesOf([lost]));
    assert.deepEqual(rotation.warnings, []);
  });

  test('an outage of a year removes nothing by age, on the first run after it', () => {
    const [made] = daily(1);
    const copies = [...daily(20, 366), ...daily(1)];
    assert.deepEqual(
      removedOf(plan(copies, { keep: { within: MONTH } }, { current: made?.prefix })),
      [],
    );
  });

  test('what rotation thins out by itself is no gap: the fourth year goes', () => {
    const years = [2022, 2023, 2024, 2025].map((year) => at(`${year}-12-31T01:00:00Z`));
    const policy = { keep: { daily: 14, weekly: 8, yearly: 4, within: MONTH } };
    const rotation = plan([...years, ...daily(30)], policy);
    assert.equal(removedOf(rotation)[0], '2022-12-31T01:00:00.000000+00:00');
  });

  test('a schedule of half a year is no gap', () => {
    const copies = Array.from({ length: 5 }, (_, index) => copyAt(NOW - index * 182 * DAY));
    assert.equal(removedOf(plan(copies, { keep: { last: 3 } })).length, 2);
  });

  test('a gap of less than a hundred days is none', () => {
    const copies = [...daily(5), ...daily(2, 99)];
    assert.equal(removedOf(plan(copies, { keep: { last: 5 } })).length, 2);
    const farther = [...daily(5), ...daily(2, 105)];
    assert.equal(removedOf(plan(farther, { keep: { last: 5 } })).length, 0);
  });
});

suite('too much at once', () => {
  const cases: readonly (readonly [of: number, limit: number, isRefused: boolean])[] = [
    [12, 6, false],
    [12, 5, true],
    [6, 1, false],
    [7, 1, true],
    [100, 50, false],
    [100, 49, true],
  ];
  for (const [of, copies, isRefused] of cases) {
    test(`${of - copies} of ${of} is ${isRefused ? 'refused' : 'fine'}`, () => {
      const rotation = plan(daily(of), { copies });
      assert.deepEqual(rotation.refused, isRefused ? { removing: of - copies, of } : undefined);
      assert.equal(removedOf(rotation).length, of - copies);
      assert.equal(plan(daily(of), { copies }, { confirmed: true }).refused, undefined);
    });
  }
});

test('a newest copy that is larger than the limit is said with both figures', () => {
  const copies = [copyAt(NOW - DAY, 1), copyAt(NOW, 1_503_238_554)];
  assert.deepEqual(plan(copies, { size: 1_503_238_553 }).warnings, [
    'The newest copy 2026-11-20T12:00:00.000000+00:00 alone has 1503238554 bytes (1.4 GiB), more than ' +
      'root-size-limit, 1503238553 bytes (1.4 GiB): the limit leaves room for no other copy.',
  ]);
  assert.deepEqual(plan(copies, { size: 1_503_238_554 }).warnings, []);
});
