/** A freeze, with real programs. What is frozen is a file that exists. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ExecPlan, FreezeMeans } from '../../../src/config/plan/plan.js';
import { Failure } from '../../../src/failure/failure.js';
import { shell } from '../../rig/plans.js';
import { isAlive, pidIn } from '../../rig/processes.js';
import { failureOf } from './freezing.js';
import { file, freeze, isFrozen, pair, stand } from './frozen-file.js';

/** Freezes, says so, and thaws when it is ended. */
function holder(more = ''): ExecPlan {
  const frozen = file('frozen');
  return shell(
    `echo $$ > ${file('holder')}; touch ${frozen}; trap 'rm ${frozen}; exit 0' TERM; echo it holds; ${more} sleep 60 & wait`,
  );
}

const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

for (const [name, means] of [
  ['a pair', () => pair()],
  ['a program that holds', (): FreezeMeans => ({ type: 'hold', exec: holder(), output: [] })],
] as const)
  suite(`a freeze by ${name}`, () => {
    test('lasts as long as the work, and is measured', async () => {
      const { end, frozenMs } = await freeze(means(), async () => {
        assert.ok(isFrozen());
        return 7;
      });
      assert.equal(end.value, 7);
      assert.equal(end.problem, undefined);
      assert.ok(Number(frozenMs) > 0);
      assert.equal(isFrozen(), false);
      assert.ok(stand.events.some(({ type }) => type === 'thawed'));
    });
    test('ends when the work fails', async () => {
      const failure = new Failure({ code: 'SNAPSHOT_FAILED', message: 'no space' });
      const thrown = await failureOf(freeze(means(), () => Promise.reject(failure)));
      assert.equal(thrown, failure);
      assert.equal(isFrozen(), false);
    });
    test('is ended by the watchdog when it lasts too long, and the work is told', async () => {
      const aftermath: unknown[] = [];
      const work = async (signal: AbortSignal): Promise<never> => {
        await whenAborted(signal).catch(() => undefined);
        // As of a stage that takes its time to end: meanwhile the watchdog thaws, and who holds has ended.
        const isHeld = (): boolean =>
          existsSync(file('holder')) ? isAlive(pidIn(file('holder'))) : isFrozen();
        while (isHeld()) await turn();
        for (let news = 0; news < 50; news++) await turn();
        return await whenAborted(signal);
      };
      const thrown = await failureOf(freeze(means(), work, { maxMs: 1500, aftermath }));
      assert.equal(thrown.code, 'FREEZE_EXPIRED');
      assert.match(
        thrown.message,
        /^group "g" was frozen longer than 1.5 s, so its watchdog thaws/,
      );
      assert.match(thrown.details.join(), /before its snapshot was taken/);
      // Who holds was ended by the watchdog, which is no failure of its own.
      assert.deepEqual(aftermath, []);
      assert.equal(isFrozen(), false);
    });
    test('is a problem when it lasted too long, though the work was done', async () => {
      const { end } = await freeze(
        means(),
        async (signal) => {
          await whenAborted(signal).catch(() => undefined);
          return 'done';
        },
        { maxMs: 1500 },
      );
      assert.ok(end.problem instanceof Failure);
      assert.equal(end.problem.code, 'FREEZE_EXPIRED');
    });
    test('ends when the run is stopped', async () => {
      const stop = new AbortController();
      const reason = new Failure({ code: 'TERMINATED', message: 'stopped' });
      const work = (signal: AbortSignal) => {
        stop.abort(reason);
        return whenAborted(signal);
      };
      const thrown = await failureOf(freeze(means(), work, { signal: stop.signal }));
      assert.equal(thrown, reason);
      assert.equal(isFrozen(), false);
    });
  });

suite('a freeze', () => {
  test('that fails half-way is thawed, and fails the group', async () => {
    const means = pair(`touch ${file('frozen')}; exit 1`);
    const failure = await failureOf(freeze(means, () => Promise.resolve()));
    assert.equal(failure.code, 'HOOK_FAILED');
    assert.match(failure.message, /^freeze of group "g": bash exited with status 1/);
    assert.equal(isFrozen(), false);
  });
  test('that cannot be thawed at once is thawed by the watchdog, and is a problem', async () => {
    const thaw = `[ -e ${file('tried')} ] && rm ${file('frozen')} || { touch ${file('tried')}; exit 1; }`;
    const { end } = await freeze(pair(undefined, thaw), () => Promise.resolve());
    assert.ok(end.problem instanceof Failure);
    assert.match(end.problem.message, /^thaw of group "g": bash exited with status 1/);
    assert.equal(isFrozen(), false);
  });
  test('by a program that ends before it is told to is a problem', async () => {
    const exec = shell(`echo $$ > ${file('holder')}; echo it holds; exit 0`);
    const { end } = await freeze({ type: 'hold', exec, output: [] }, async () => {
      while (isAlive(pidIn(file('holder')))) await turn();
      // Node hears of it in its next turn.
      await turn();
      await turn();
    });
    assert.ok(end.problem instanceof Failure, String(end.problem));
    assert.match(end.problem.message, /which was to go on, exited with status 0/);
  });
  test('by a program that says nothing, or only on stderr, does not begin', async () => {
    const exec = shell('echo warning >&2; sleep 60');
    const failure = await failureOf(
      freeze({ type: 'hold', exec, output: [] }, () => assert.fail('it does not hold'), {
        maxMs: 1500,
      }),
    );
    assert.match(failure.message, /was not ready within|was frozen longer/);
  });
  test('by a program that holds leaves none of its processes, also when it is deaf', async () => {
    const deaf = `(trap '' TERM; echo $BASHPID > ${file('deaf')}; exec setsid sleep 60) & until [ -s ${file('deaf')} ]; do sleep 0.01; done; echo it holds; exec sleep 60`;
    const failure = await failureOf(
      freeze({ type: 'hold', exec: shell(deaf), output: [] }, whenAborted, { maxMs: 1500 }),
    );
    assert.equal(failure.code, 'FREEZE_EXPIRED');
    assert.equal(isAlive(pidIn(file('deaf'))), false);
  });
  test('by a program that holds in a session with a clean environment leaves none of its processes', async () => {
    const inner = `echo \\$\\$ > ${file('inner')}; echo it holds; exec sleep 60`;
    const script = `env -i PATH=$PATH setsid sh -c "${inner}" & wait`;
    const { end } = await freeze({ type: 'hold', exec: shell(script), output: [] }, () =>
      Promise.resolve(),
    );
    assert.equal(end.problem, undefined);
    assert.equal(isAlive(pidIn(file('inner'))), false);
  });
});
