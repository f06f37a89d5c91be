import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { BackupState, BackupStatus } from '../../../src/copy/status.js';
import { measureTrend } from '../../../src/copy/trend.js';
import { describeStale } from '../../../src/run/status/describe-stale.js';

function statusOf(task: string, state: BackupState, more: Partial<BackupStatus> = {}) {
  const nothing = { last: undefined, ageMs: undefined, maxAge: undefined };
  const [verify, drill] = [undefined, undefined];
  return { task, state, ...nothing, trend: measureTrend([]), verify, drill, notes: ['n'], ...more };
}

const last = { prefix: '2026-11-20T00:00:00+00:00', size: 1, finished: 0 };

suite('the next step for a backup', () => {
  const cases: readonly (readonly [what: string, BackupStatus, RegExp])[] = [
    [
      'that is missing',
      statusOf('a', 'missing'),
      /: journalctl -u palhm@a; or run .*: palhm run a$/,
    ],
    ['that is stale', statusOf('a', 'stale', { last, ageMs: 1 }), /: journalctl -u palhm@a; or/],
    ['dated after now', statusOf('a', 'stale', { last }), /next: set the clock/],
    ['that is damaged', statusOf('a b', 'damaged'), /\(palhm verify 'a b' --copy all\)/],
    ['that is undecodable', statusOf('a', 'undecodable'), /keys are \(palhm verify a --decode\)/],
    ['that is unreachable', statusOf('a', 'unreachable'), /mend what keeps it from being read/],
    ...['a b', 'ä', 'a/b', '-a', '--', String.raw`a\x20b`, 'a'.repeat(242)].map(
      (task) =>
        [
          `with the name ${task}, which no unit has,`,
          statusOf(task, 'missing'),
          /next: run it by hand: palhm run \S/,
        ] as const,
    ),
    [
      'with the longest name',
      statusOf('a'.repeat(241), 'missing'),
      /: journalctl -u palhm@a{241};/,
    ],
  ];
  for (const [what, status, next] of cases)
    test(`${what} is told`, () => {
      assert.match(describeStale([status])?.details[1] ?? '', next);
    });

  test('is told of each that is not fresh, behind its first note', () => {
    const failure = describeStale([statusOf('a', 'fresh'), statusOf('b', 'missing')]);
    assert.equal(failure?.message, '1 of 2 backups is not fresh');
    assert.equal(failure?.details.length, 2);
    assert.equal(failure?.details[0], '"b" is missing: n');
    assert.equal(describeStale([statusOf('a', 'fresh')]), undefined);
  });
});
