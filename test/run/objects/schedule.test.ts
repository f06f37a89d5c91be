import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { GroupPlan, ObjectPlan } from '../../../src/config/plan/plan.js';
import { admitByWorkers, runSchedule, type Schedule } from '../../../src/run/objects/schedule.js';
import { groupPlan, objectPlan } from '../../rig/plans.js';

/** Builds that end when the test says so. */
function openStage(groups: readonly GroupPlan[], workers: number) {
  const log: string[] = [];
  const running = new Map<string, { finish: () => void; fail: (error: Error) => void }>();
  const abort = new AbortController();
  const wholes = new Map(groups.map(({ id }) => [id, new AbortController()]));
  const schedule: Schedule<ObjectPlan> = {
    groups,
    admit: admitByWorkers(workers),
    signal: abort.signal,
    run: ({ path }) =>
      new Promise<void>((finish, fail) => {
        log.push(`start ${path}`);
        running.set(path, { finish, fail });
      }),
    onFailure: (error) => log.push(`failure ${String(error)}`),
    async around({ id, objects }, work) {
      log.push(`group ${id}`);
      await work(objects, wholes.get(id)?.signal);
      if (!log.some((line) => line.startsWith('failure')) && !abort.signal.aborted)
        log.push(`group ${id} done`);
    },
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    log,
    abort,
    wholes,
    done: runSchedule(schedule),
    settle,
    async finish(path: string) {
      running.get(path)?.finish();
      await settle();
    },
    async fail(path: string) {
      running.get(path)?.fail(new Error(path));
      await settle();
    },
  };
}

const named = (...paths: string[]) => paths.map((path) => objectPlan(path, []));

suite('schedule', () => {
  for (const when of ['before its first object', 'while its objects run'])
    test(`a group whose whole is broken ${when} fails with the reason`, async () => {
      const groups = [groupPlan('a', [], named('x', 'y', 'z')), groupPlan('b', ['a'], named('w'))];
      const stage = openStage(groups, 2);
      const reason = new Error('thawed');
      const rejected = assert.rejects(stage.done, (error) => error === reason);
      if (when.startsWith('while')) await stage.settle();
      stage.wholes.get('a')?.abort(reason);
      await stage.settle();
      await stage.finish('x');
      await stage.finish('y');
      await rejected;
      const started = when.startsWith('while') ? ['start x', 'start y'] : [];
      assert.deepEqual(stage.log, ['group a', ...started, 'failure Error: thawed']);
    });

  test('the example of the reference: root and http at once, then sql, then ldap', async () => {
    const stage = openStage(
      [
        groupPlan('root', [], named('r')),
        groupPlan('http', [], named('h')),
        groupPlan('sql', ['http'], named('s')),
        groupPlan('ldap', ['sql'], named('l')),
      ],
      8,
    );
    await stage.settle();
    assert.deepEqual(stage.log, ['group root', 'group http', 'start r', 'start h']);
    await stage.finish('h');
    assert.deepEqual(stage.log.slice(4), ['group http done', 'group sql', 'start s']);
    await stage.finish('s');
    await stage.finish('l');
    await stage.finish('r');
    await stage.done;
    assert.equal(stage.log.at(-1), 'group root done');
  });
  test('a group waits for every object of every group it depends on', async () => {
    const stage = openStage(
      [
        groupPlan('a', [], named('a1', 'a2')),
        groupPlan('b', [], named('b1')),
        groupPlan('c', ['a', 'b'], named('c1')),
      ],
      8,
    );
    await stage.settle();
    await stage.finish('a1');
    await stage.finish('b1');
    assert.ok(!stage.log.includes('start c1'));
    await stage.finish('a2');
    assert.ok(stage.log.includes('start c1'));
    await stage.finish('c1');
    await stage.done;
  });
  test('diamonds and empty groups are fine', async () => {
    const stage = openStage(
      [
        groupPlan('a', [], []),
        groupPlan('b', ['a'], named('b1')),
        groupPlan('c', ['a'], []),
        groupPlan('d', ['b', 'c'], named('d1')),
      ],
      1,
    );
    await stage.settle();
    await stage.finish('b1');
    await stage.finish('d1');
    await stage.done;
    assert.deepEqual(
      stage.log.filter((line) => line.startsWith('start')),
      ['start b1', 'start d1'],
    );
  });
  test('no more objects at once than workers', async () => {
    const stage = openStage([groupPlan('a', [], named('1', '2', '3'))], 2);
    await stage.settle();
    assert.deepEqual(stage.log, ['group a', 'start 1', 'start 2']);
    await stage.finish('1');
    assert.equal(stage.log.at(-1), 'start 3');
    await stage.finish('2');
    await stage.finish('3');
    await stage.done;
  });
  test('after a failure nothing new starts, and what runs is waited for', async () => {
    const stage = openStage(
      [groupPlan('a', [], named('1', '2', '3')), groupPlan('b', ['a'], named('4'))],
      2,
    );
    await stage.settle();
    await stage.fail('1');
    assert.deepEqual(stage.log, ['group a', 'start 1', 'start 2', 'failure Error: 1']);
    const result = assert.rejects(stage.done, /^Error: 1$/);
    await stage.fail('2');
    await result;
    assert.deepEqual(stage.log.slice(4), []);
  });
  test('an abort keeps everything from starting and is the rejection', async () => {
    const stage = openStage([groupPlan('a', [], named('1', '2'))], 1);
    await stage.settle();
    const result = assert.rejects(stage.done, /stopped/);
    stage.abort.abort(new Error('stopped'));
    await stage.finish('1');
    await result;
    assert.deepEqual(stage.log, ['group a', 'start 1']);
  });
  test('ten thousand objects in a thousand groups are scheduled in well under a second', async () => {
    const groups = Array.from({ length: 1000 }, (_, index) =>
      groupPlan(
        `g${index}`,
        index === 0 ? [] : [`g${index - 1}`],
        named(...Array.from({ length: 10 }, (_item, item) => `${index}/${item}`)),
      ),
    );
    let built = 0;
    const startedAt = performance.now();
    await runSchedule({
      groups,
      admit: admitByWorkers(4),
      signal: new AbortController().signal,
      run: () => Promise.resolve(void (built += 1)),
      onFailure: () => {},
      around: ({ objects }, work) => work(objects),
    });
    assert.equal(built, 10_000);
    assert.ok(performance.now() - startedAt < 1000);
  });
});
