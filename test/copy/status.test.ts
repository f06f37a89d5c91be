import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Copy, Stranger } from '../../src/copy/copy.js';
import { type CopyRecords, NO_RECORDS } from '../../src/copy/records.js';
import { type BackupStatus, judgeBackup } from '../../src/copy/status.js';
import { measureTrend } from '../../src/copy/trend.js';
import { copyAt, type Known, recordsOf, verifiedAs } from './histories.js';

const NOW = Date.UTC(2026, 10, 20, 12);
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A copy whose run began one minute before it was finished, `hours` before now. */
function copyFrom(hours: number, more: Partial<Copy> = {}): Copy {
  const finished = NOW - hours * HOUR;
  return { ...copyAt((finished - MINUTE) * 1000), finished, ...more };
}

function known(hours: number, what: Known): Copy {
  return copyFrom(hours, { records: recordsOf(what) });
}

function broken(hours: number): Stranger {
  const name = copyFrom(hours).prefix.name;
  return { name, why: 'has a manifest that cannot be used: The manifest is empty.', damaged: true };
}

function unread(hours: number): Stranger {
  return { name: copyFrom(hours).prefix.name, why: 'cannot be read: EACCES', unread: true };
}

function judge(
  copies: readonly Copy[],
  strangers: readonly Stranger[] = [],
  maxAge: number | undefined = 26,
): BackupStatus {
  const age = maxAge === 0 ? undefined : { ms: maxAge * HOUR };
  return judgeBackup({ task: 't', maxAge: age, listing: { copies, strangers }, now: NOW });
}

suite('a backup', () => {
  const original = copyFrom(3, { finished: undefined, manifest: false });
  const foreign: Stranger = { name: 'x', why: 'is not a directory' };
  const cases: readonly [string, BackupStatus, string, RegExp?][] = [
    ['without a copy', judge([]), 'missing', /there is no copy/],
    ['with strangers alone', judge([], [foreign]), 'missing'],
    ['with a copy of last night', judge([copyFrom(50), copyFrom(10)]), 'fresh'],
    ['exactly as old as it may be', judge([copyFrom(26)]), 'fresh'],
    ['a minute older', judge([copyFrom(26 + 1 / 60)]), 'stale', /newest copy is 1 d 2 h old/],
    ['of the original PALHM', judge([original]), 'fresh'],
    ['whose newest copy is damaged', judge([copyFrom(30), known(2, 'damaged')]), 'damaged'],
    ['damaged and old', judge([known(90, 'damaged')]), 'damaged', /was found damaged at/],
    ['with an older damaged copy', judge([known(30, 'damaged'), copyFrom(2)]), 'fresh', /damaged/],
    ['whose newest manifest is damaged', judge([copyFrom(30)], [broken(2)]), 'damaged', /is empty/],
    ['with nothing but a damaged manifest', judge([], [broken(2)]), 'damaged'],
    ['with an older damaged manifest', judge([copyFrom(2)], [broken(30)]), 'fresh', /is empty/],
    [
      'whose newest copy could not be decoded',
      judge([copyFrom(30), verifiedAs(known(2, 'whole'), 'UU')]),
      'undecodable',
      /could not be decoded on without-key at \S+: 0 is undecodable and 1 more/,
    ],
    ['undecodable and old', judge([verifiedAs(copyFrom(90), 'UW')]), 'undecodable', /old$/],
    ['damaged and undecodable', judge([verifiedAs(copyFrom(2), 'DU')]), 'damaged', /decoded/],
    [
      'with an older copy that could not be decoded',
      judge([verifiedAs(copyFrom(30), 'UW'), copyFrom(2)]),
      'fresh',
      /could not be decoded/,
    ],
    ['dated tomorrow alone', judge([copyFrom(-24)]), 'stale', /dated after now/],
    [
      'dated tomorrow, and one of last night',
      judge([copyFrom(3), copyFrom(-24)]),
      'fresh',
      /after/,
    ],
    ['dated tomorrow, and an old one', judge([copyFrom(60), copyFrom(-24)]), 'stale', /old$/],
    [
      'dated tomorrow, its manifest damaged, and a good one',
      judge([copyFrom(3)], [broken(-24)]),
      'fresh',
      /is empty/,
    ],
    ['dated by a clock a little ahead', judge([copyFrom(-1 / 60)]), 'fresh'],
    [
      'with copies that nobody may read',
      judge([], [unread(30), unread(3)]),
      'unreachable',
      /^2 entries .* EACCES/,
    ],
    [
      'whose newest copy nobody may read',
      judge([copyFrom(30)], [unread(3)]),
      'unreachable',
      /EACCES/,
    ],
    [
      'with an older one that nobody may read',
      judge([copyFrom(3)], [unread(30)]),
      'fresh',
      /EACCES/,
    ],
    ['without a max-age', judge([copyFrom(9999)], [], 0), 'fresh', /no "max-age" is set/],
  ];
  for (const [what, status, state, note] of cases) {
    test(`${what} is ${state}`, () => {
      assert.equal(status.state, state);
      if (note !== undefined) assert.match(status.notes.join('\n'), note);
      else if (state === 'fresh') assert.deepEqual(status.notes, []);
    });
  }

  test('has the age of its newest copy, from its end; of the original, from its prefix', () => {
    assert.equal(judge([copyFrom(50), copyFrom(10)]).ageMs, 10 * HOUR);
    assert.equal(judge([original]).ageMs, 3 * HOUR + MINUTE);
    assert.equal(judge([copyFrom(-1 / 60)]).ageMs, 0);
    const { last, ageMs } = judge([copyFrom(-24)]);
    assert.deepEqual([last?.prefix, ageMs], [copyFrom(-24).prefix.name, undefined]);
    const setBack = { ...copyFrom(3), finished: NOW + 24 * HOUR };
    assert.equal(judge([setBack]).ageMs, 3 * HOUR + MINUTE);
  });

  test('has the most recent verify and drill of any copy', () => {
    const drill = {
      at: '2026-11-19T00:00:00.000Z',
      host: 'h',
      result: 'failed',
      durationMs: 1,
      problem: 'p',
    } as const;
    const records: CopyRecords = { ...NO_RECORDS, drill };
    const status = judge([known(40, 'whole'), copyFrom(5, { records })]);
    assert.equal(status.verify?.prefix, copyFrom(40).prefix.name);
    assert.equal(status.drill?.record.result, 'failed');
    assert.deepEqual(status.notes, [`the drill of copy ${copyFrom(5).prefix.name} on h failed: p`]);
  });

  test('does not repeat a problem of any length', () => {
    const drill = {
      at: '2026-11-19T00:00:00.000Z',
      host: 'h',
      durationMs: 1,
      result: 'failed',
      problem: 'x'.repeat(1e6),
    } as const;
    const { notes } = judge([copyFrom(5, { records: { ...NO_RECORDS, drill } })]);
    assert.match(notes.join(), /^the drill of copy \S+ on h failed: x{200}…$/);
  });

  test('passes over a verify and a drill that are dated after now, and says so', () => {
    const at = '2099-01-01T00:00:00.000Z';
    const { verify } = recordsOf('whole');
    assert.ok(verify);
    const drill = { at, host: 'h', result: 'passed', durationMs: 1, problem: null } as const;
    const future = (hours: number) =>
      copyFrom(hours, { records: { verify: { ...verify, at }, drill } });
    const status = judge([future(60), future(50), known(40, 'whole'), copyFrom(5)]);
    assert.equal(status.verify?.prefix, copyFrom(40).prefix.name);
    assert.equal(status.drill, undefined);
    const { name } = copyFrom(50).prefix;
    for (const kind of ['verify', 'drill']) {
      const said = `the ${kind} of copy ${name}, and 1 more, is dated after now (${at}) and passed over`;
      assert.ok(
        status.notes.some((note) => note.startsWith(said)),
        status.notes.join('\n'),
      );
    }
    const soon = new Date(NOW + MINUTE).toISOString();
    const ahead = copyFrom(1, { records: { ...NO_RECORDS, verify: { ...verify, at: soon } } });
    assert.equal(judge([ahead]).verify?.record.at, soon);
  });
});

test('the trend compares the newest copy with the median of those before it', () => {
  assert.deepEqual(measureTrend([]), { sizes: [], median: undefined, change: undefined });
  assert.deepEqual(measureTrend([5]), { sizes: [5], median: undefined, change: undefined });
  assert.deepEqual(measureTrend([10, 5]), { sizes: [10, 5], median: 10, change: -0.5 });
  assert.deepEqual(measureTrend([0, 5]), { sizes: [0, 5], median: 0, change: undefined });
  const { sizes, median, change } = measureTrend([1, 10, 20, 30, 1000, 50]);
  assert.deepEqual([sizes, median, change], [[10, 20, 30, 1000, 50], 25, 1]);
});
