/** Freezes of the same at the same time. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { FreezeMeans } from '../../../src/config/plan/plan.js';
import { Failure } from '../../../src/failure/failure.js';
import type { Still } from '../../../src/snapshot/provider.js';
import { failureOf } from './freezing.js';
import { file, freeze, isFrozen, pair, stand } from './frozen-file.js';

suite('two freezes at once', () => {
  const waitFor = async (isIt: () => boolean): Promise<void> => {
    while (!isIt()) await turn();
  };
  const isWaiting = (): boolean => stand.events.some(({ type }) => type === 'lock-waiting');
  /** One that is frozen until it is told to go on. */
  const holdOpen = (means: FreezeMeans, still?: Still) => {
    let goOn = (): void => undefined;
    const told = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const freezing = freeze(means, () => told, still === undefined ? {} : { still });
    return { goOn, freezing };
  };

  test('of the same are kept apart: the second waits for the first, and says for whom', async () => {
    const first = holdOpen(pair());
    await waitFor(isFrozen);
    let isSecond = false;
    const second = freeze(pair(), async () => {
      isSecond = true;
      assert.ok(isFrozen());
    });
    await waitFor(isWaiting);
    assert.ok(isFrozen() && !isSecond);
    first.goOn();
    await Promise.all([first.freezing, second]);
    assert.ok(isSecond);
    assert.equal(isFrozen(), false);
    const waiting = stand.events.find(({ type }) => type === 'lock-waiting');
    assert.ok(waiting?.type === 'lock-waiting');
    assert.equal(waiting.root, 'the freeze of group "g"');
    assert.match(waiting.holder, new RegExp(`^process ${process.pid}, for group "g" of task`));
  });
  test('of the same are kept apart also when one waits for a note that is removed, and another finds none', async () => {
    const waiting = (): number => stand.events.filter(({ type }) => type === 'lock-waiting').length;
    const first = holdOpen(pair());
    await waitFor(isFrozen);
    let isSecond = false;
    let goOn = (): void => undefined;
    const second = freeze(pair(), () => {
      isSecond = true;
      return new Promise<void>((resolve) => {
        goOn = resolve;
      });
    });
    await waitFor(isWaiting);
    first.goOn();
    await first.freezing;
    await waitFor(() => isSecond);
    const third = freeze(pair(), async () => assert.ok(!isSecond, 'both have frozen it'));
    await Promise.race([third, waitFor(() => waiting() === 2)]);
    isSecond = false;
    goOn();
    await Promise.all([second, third]);
    const notes = readdirSync(String(process.env['PALHM_RUNTIME_DIRECTORY']));
    assert.deepEqual(
      notes.filter((name) => name.includes('-freeze-')),
      [],
    );
  });
  test('of others are at the same time, also of one that shares its source with the first alone', async () => {
    const still = (name: string): Still => ({
      freeze: [['touch', file(name)]],
      thaw: [['rm', '-f', file(name)]],
      until: 'taken',
    });
    const first = holdOpen(pair(), still('one'));
    await waitFor(() => existsSync(file('one')));
    const other = pair(`touch ${file('other')}`, `rm ${file('other')}`);
    await freeze(other, async () => assert.ok(isFrozen() && existsSync(file('two'))), {
      still: still('two'),
    });
    const third = freeze({ type: 'own' }, async () => assert.ok(!isFrozen()), {
      still: still('one'),
    });
    await waitFor(isWaiting);
    first.goOn();
    await Promise.all([first.freezing, third]);
  });
  test('of the same: the second waits ten times as long as it may last itself', async () => {
    const first = holdOpen(pair());
    await waitFor(isFrozen);
    const failure = await failureOf(freeze(pair(), () => assert.fail('it waits'), { maxMs: 50 }));
    assert.equal(failure.code, 'SNAPSHOT_FAILED');
    assert.match(failure.message, /was not frozen: for 0.5 s the same was frozen by process \d+/);
    assert.ok(isFrozen());
    first.goOn();
    await first.freezing;
  });
  test('of the same: a signal ends the wait', async () => {
    const first = holdOpen(pair());
    await waitFor(isFrozen);
    const stop = new AbortController();
    const reason = new Failure({ code: 'TERMINATED', message: 'stopped' });
    const second = failureOf(
      freeze(pair(), () => assert.fail('it waits'), { signal: stop.signal }),
    );
    await waitFor(isWaiting);
    stop.abort(reason);
    assert.equal(await second, reason);
    assert.ok(isFrozen());
    first.goOn();
    await first.freezing;
  });
});
