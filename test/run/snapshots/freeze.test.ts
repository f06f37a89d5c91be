/** A freeze and its watchdog, with real programs. What is frozen is a file that exists. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecPlan, FreezeMeans } from '../../../src/config/plan/plan.js';
import { Failure } from '../../../src/failure/failure.js';
import { SAYS, THAWED } from '../../../src/run/snapshots/watchdog-orders.js';
import type { Still } from '../../../src/snapshot/provider.js';
import { shell } from '../../rig/plans.js';
import { isAlive, pidIn } from '../../rig/processes.js';
import { openStand, type Stand } from '../../rig/stand.js';
import { failureOf, freezeIn } from './freezing.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

const file = (name: string): string => join(stand.directory, name);
const isFrozen = (): boolean => existsSync(file('frozen'));
const freeze: ReturnType<typeof freezeIn> = (...args) => freezeIn(stand)(...args);

function pair(start = `touch ${file('frozen')}`, end = `rm -f ${file('frozen')}`): FreezeMeans {
  return { type: 'pair', freeze: [shell(start)], thaw: [shell(end)] };
}

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
      const thrown = await failureOf(freeze(means(), whenAborted, { maxMs: 1500 }));
      assert.equal(thrown.code, 'FREEZE_EXPIRED');
      assert.match(thrown.message, /^group "g" was frozen longer than 1.5 s/);
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
});

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

suite('the watchdog', () => {
  const script = fileURLToPath(new URL('../../../src/run/snapshots/watchdog.js', import.meta.url));

  async function watch(maxMs: number, mark = 'PALHM_HOLD=nobody') {
    const thaw = [
      { argv: ['false'], env: {}, cwd: undefined },
      { argv: ['no-such-program'], env: {}, cwd: undefined },
      {
        argv: ['/bin/sh', '-c', `echo thawed >> ${file('log')}`],
        env: { PATH: '/usr/bin:/bin' },
        cwd: '/',
      },
    ];
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const exit = once(child, 'exit');
    child.stdin.write(`${JSON.stringify({ what: 'group "g"', maxMs, thaw, mark })}\n`);
    const [line] = await once(child.stdout, 'data');
    assert.equal(String(line).trim(), SAYS.watching);
    return { child, exit };
  }
  const log = (): string => (existsSync(file('log')) ? readFileSync(file('log'), 'utf8') : '');

  test('does nothing when it is told that all is thawed', async () => {
    const { child, exit } = await watch(60_000);
    child.stdin.end(`${THAWED}\n`);
    assert.deepEqual(await exit, [0, null]);
    assert.equal(log(), '');
  });
  test('thaws once when palhm is gone, whatever signals its session gets and whatever a thaw does', async () => {
    const { child, exit } = await watch(60_000);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) child.kill(signal);
    child.stdin.destroy();
    assert.deepEqual(await exit, [0, null]);
    assert.equal(log(), 'thawed\n');
  });
  test('thaws when the time is over, also when nobody reads what it says', async () => {
    const { child, exit } = await watch(50);
    child.stderr.destroy();
    child.stdout.destroy();
    await exit;
    assert.equal(log(), 'thawed\n');
  });
  test('ends what holds, and its children', async () => {
    const mark = `PALHM_HOLD=${file('x')}`;
    const holding = spawn(
      'bash',
      ['-c', `echo $$ > ${file('holder')}; setsid sleep 60 & sleep 60`],
      {
        env: { ...process.env, PALHM_HOLD: file('x') },
        stdio: 'ignore',
      },
    );
    const gone = once(holding, 'exit');
    while (!existsSync(file('holder')) || readFileSync(file('holder'), 'utf8') === '') await turn();
    const { child, exit } = await watch(60_000, mark);
    child.stdin.destroy();
    await gone;
    assert.deepEqual(await exit, [0, null]);
  });
});
