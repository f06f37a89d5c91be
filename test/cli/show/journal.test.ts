import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadsToJournal, priorityPrefix } from '../../../src/cli/show/journal.js';

const file = { dev: 9n, ino: 9_007_199_254_740_993n };

for (const [stream, leads] of [
  ['9:9007199254740993', true],
  // As a double this would be the same number.
  ['9:9007199254740992', false],
  ['8:9007199254740993', false],
  ['', false],
  [undefined, false],
] as const) {
  test(`JOURNAL_STREAM=${stream} ${leads ? 'is' : 'is not'} where the file leads`, () => {
    assert.equal(leadsToJournal(stream, file), leads);
  });
}

test('priorities are those of syslog', () => {
  const prefixes = (['critical', 'error', 'warning', 'info', 'debug'] as const).map(priorityPrefix);
  assert.deepEqual(prefixes, ['<2>', '<3>', '<4>', '<6>', '<7>']);
});
