/** What lifecycle rules mean for the copies below a root. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LifecycleRule } from '@aws-sdk/client-s3';
import { judgeLifecycle } from '../../../src/sink/aws-s3/probe/lifecycle.js';

const BASE = 'backup/host/';
const ABORT = { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 } };
const OLD = { NoncurrentVersionExpiration: { NoncurrentDays: 1 } };
const EXPIRY = { ID: 'old', Expiration: { Days: 30 } };
const ARCHIVE: Partial<LifecycleRule> = {
  ID: 'cold',
  Transitions: [{ Days: 1, StorageClass: 'DEEP_ARCHIVE' }],
};

/** `name: state` of each fact. */
function judge(rule: Partial<LifecycleRule>, isVersioned = false): string[] {
  const facts = judgeLifecycle([{ Status: 'Enabled', ...rule }], { base: BASE, isVersioned });
  return facts.map(({ name, outcome }) => `${name}: ${outcome.state}`);
}

for (const [title, rule, expected] of [
  ['for the whole bucket', { ...ABORT, Filter: { Prefix: '' } }, 'ok'],
  ['for all that begins as the root', { ...ABORT, Filter: { Prefix: 'backup/' } }, 'ok'],
  ['in the form of old', { ...ABORT, Prefix: 'backup/host/' }, 'ok'],
  ['with two conditions', { ...ABORT, Filter: { And: { Prefix: 'backup/' } } }, 'ok'],
  ['for another root', { ...ABORT, Filter: { Prefix: 'backup/other/' } }, 'note'],
  ['for a part of the root', { ...ABORT, Filter: { Prefix: 'backup/host/2022' } }, 'note'],
  ['for tagged objects', { ...ABORT, Filter: { Tag: { Key: 'a', Value: 'b' } } }, 'note'],
  ['for large objects', { ...ABORT, Filter: { ObjectSizeGreaterThan: 1 } }, 'note'],
  ['that is disabled', { ...ABORT, Status: 'Disabled' }, 'note'],
  ['about something else', OLD, 'note'],
] as const) {
  test(`a rule about unfinished uploads ${title}`, () => {
    assert.deepEqual(judge(rule), [`old unfinished uploads: ${expected}`]);
  });
}

test('the soonest of several rules counts', () => {
  const rules: LifecycleRule[] = [5, 1, 9].map((days) => ({
    Status: 'Enabled',
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: days },
  }));
  const [fact] = judgeLifecycle(rules, { base: BASE, isVersioned: false });
  assert.equal(fact?.outcome.detail, 'aborted after 1 day');
});

test('old versions are looked at on a versioned bucket alone', () => {
  assert.deepEqual(judge(ABORT, true), ['old unfinished uploads: ok', 'old versions: note']);
  assert.deepEqual(judge({ ...ABORT, ...OLD }, true), [
    'old unfinished uploads: ok',
    'old versions: ok',
  ]);
});

test('a rule that removes or archives copies is said, if it touches but a part of the root', () => {
  for (const Prefix of ['', 'backup/', 'backup/host/', 'backup/host/2022']) {
    assert.deepEqual(judge({ ...ABORT, ...EXPIRY, Prefix }).slice(1), [
      'removal by the bucket: note',
    ]);
    assert.deepEqual(judge({ ...ABORT, ...ARCHIVE, Prefix }).slice(1), [
      'archiving by the bucket: note',
    ]);
  }
  for (const Prefix of ['backup/host2/', 'other']) {
    assert.equal(judge({ ...EXPIRY, ...ARCHIVE, Prefix }).length, 1);
  }
});

test('a rule that only removes markers of removal is no harm', () => {
  assert.equal(judge({ ...ABORT, Expiration: { ExpiredObjectDeleteMarker: true } }).length, 1);
});
