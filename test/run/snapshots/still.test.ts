/** A source that stands still by commands of its provider. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { FreezeMeans } from '../../../src/config/plan/plan.js';
import { Failure } from '../../../src/failure/failure.js';
import type { Still } from '../../../src/snapshot/provider.js';
import { failureOf } from './freezing.js';
import { file, freeze, pair } from './frozen-file.js';

suite('a source that is to stand still by itself', () => {
  const OWN: FreezeMeans = { type: 'own' };
  const note = (word: string): readonly [string, string, string] => [
    '/bin/sh',
    '-c',
    `echo ${word} >> ${file('log')}`,
  ];
  const still = (more: Partial<Still> = {}): Still => ({
    freeze: [note('freeze')],
    thaw: [note('thaw')],
    until: 'taken',
    ...more,
  });
  const told = (): string => readFileSync(file('log'), 'utf8').trimEnd().replaceAll('\n', ' ');
  const REFUSED = ['/bin/sh', '-c', 'echo busy >&2; exit 1'] as const;

  test('is frozen last, and thawed first', async () => {
    const means = pair(`echo pause >> ${file('log')}`, `echo resume >> ${file('log')}`);
    const { end, frozenMs } = await freeze(
      means,
      () => assert.doesNotReject(async () => assert.equal(told(), 'pause freeze')),
      { still: still() },
    );
    assert.equal(end.problem, undefined);
    assert.equal(told(), 'pause freeze thaw resume');
    assert.ok(Number(frozenMs) > 0);
  });
  test('is not thawed when it has refused to be frozen: others may have frozen it', async () => {
    const work = () => assert.fail('it is not frozen');
    const failure = await failureOf(freeze(OWN, work, { still: still({ freeze: [REFUSED] }) }));
    assert.equal(failure.code, 'SNAPSHOT_FAILED');
    assert.match(failure.message, /^freeze of group "g": sh exited with status 1/);
    assert.ok(failure.details.some((line) => line.includes('busy')));
    assert.equal(existsSync(file('log')), false);
  });
  test('is thawed when it is frozen in part, and when the work fails', async () => {
    const work = () => assert.fail('it is not frozen');
    const parts = still({ freeze: [note('freeze'), REFUSED] });
    await failureOf(freeze(OWN, work, { still: parts }));
    assert.equal(told(), 'freeze thaw');
    const failure = new Failure({ code: 'SNAPSHOT_FAILED', message: 'no space' });
    await failureOf(freeze(OWN, () => Promise.reject(failure), { still: still() }));
    assert.equal(told(), 'freeze thaw freeze thaw');
  });
  test('is thawed by the watchdog when its freeze takes too long', async () => {
    const slow = ['/bin/sh', '-c', `echo slow >> ${file('log')}; exec sleep 60`] as const;
    const freezing = freeze(OWN, () => assert.fail('it is not frozen'), {
      maxMs: 1500,
      still: still({ freeze: [slow] }),
    });
    assert.equal((await failureOf(freezing)).code, 'FREEZE_EXPIRED');
    assert.match(told(), /^slow( thaw)+$/);
  });
});
