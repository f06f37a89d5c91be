import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ExecPlan, Plan } from '../../../src/config/plan/plan.js';
import { loadShippedPlan } from '../../../src/config/shipped.js';
import {
  collectKnownInverses,
  type KnownInverses,
  SHIPPED_FILTERS,
} from '../../../src/run/objects/known-inverses.js';
import { backupPlan, execPlan, groupPlan, literal, objectPlan, planOf } from '../../rig/plans.js';

const NOTHING = planOf([]);
const WANTED = { task: 'backup', object: 'a' };

function undoneBy(argv: readonly string[], more: Partial<ExecPlan> = {}): ExecPlan {
  return execPlan(['x'], { inverse: { argv: argv.map(literal), env: new Map() }, ...more });
}

function planWith(...pipelines: readonly (readonly ExecPlan[])[]): Plan {
  const objects = pipelines.map((pipeline, index) => objectPlan('ab'[index] ?? '', pipeline));
  return planOf([backupPlan('/root', [groupPlan('default', [], objects)])]);
}

function find(known: KnownInverses, argv: readonly string[], role: 'source' | 'filter' = 'filter') {
  return known.find({ argv, role, ...WANTED });
}

suite('a command is known', () => {
  test('word for word, and not otherwise', () => {
    const known = collectKnownInverses(
      planWith([execPlan(['dump']), undoneBy(['gzip', '-d'])]),
      NOTHING,
    );
    assert.ok(find(known, ['gzip', '-d']));
    for (const argv of [['gzip'], ['gzip', '-d', ''], ['gzip -d'], ['GZIP', '-d'], []])
      assert.equal(find(known, argv), undefined, JSON.stringify(argv));
  });
  test('as what it undoes: a source is not known as a filter', () => {
    const known = collectKnownInverses(
      planWith([undoneBy(['mysql']), undoneBy(['gzip', '-d'])]),
      NOTHING,
    );
    assert.equal(find(known, ['mysql']), undefined);
    assert.ok(find(known, ['mysql'], 'source'));
    // What only undoes a filter does no harm as the last one either.
    assert.ok(find(known, ['gzip', '-d'], 'source'));
  });
  test('as both, where the config uses it as both', () => {
    const tar = undoneBy(['tar', '-x']);
    assert.ok(find(collectKnownInverses(planWith([tar, tar]), NOTHING), ['tar', '-x']));
  });
  test('from an object of its own rather than from another', () => {
    const mine = undoneBy(['gzip', '-d'], { user: 'mine' });
    const other = undoneBy(['gzip', '-d'], { user: 'other' });
    const known = collectKnownInverses(
      planWith([execPlan(['d']), mine], [execPlan(['d']), other]),
      NOTHING,
    );
    const ofObject = (object: string) =>
      known.find({ argv: ['gzip', '-d'], role: 'filter', task: 'backup', object })?.user;
    assert.deepEqual([ofObject('a'), ofObject('b'), ofObject('c')], ['mine', 'other', 'mine']);
  });
  test('in several ways, of which none is that of the object', () => {
    const load = (name: string) => undoneBy(['mysql'], { env: new Map([['DB', literal(name)]]) });
    const ambiguous = (object: string, ...execs: readonly ExecPlan[]): boolean =>
      collectKnownInverses(planWith(...execs.map((exec) => [exec])), NOTHING).isAmbiguous({
        argv: ['mysql'],
        role: 'source',
        task: 'backup',
        object,
      });
    assert.equal(ambiguous('c', load('one'), load('two')), true);
    assert.equal(ambiguous('b', load('one'), load('two')), false);
    assert.equal(ambiguous('c', load('one'), load('one')), false);
    assert.equal(ambiguous('c', load('one')), false);
    const secret = { type: 'file', path: '/key' } as const;
    const inverse = { argv: [secret], env: new Map() };
    const known = collectKnownInverses(
      planWith([execPlan(['x'], { inverse })], [undoneBy(['${file:/key}'])]),
      NOTHING,
    );
    const argv = ['${file:/key}'];
    assert.equal(known.isAmbiguous({ argv, role: 'source', task: 'backup', object: 'c' }), true);
  });
  test('when an object declares it to bring it back, and not as a filter', () => {
    const restore = [execPlan(['load'], { accepted: { min: 0, max: 3 } })];
    const object = objectPlan('a', [execPlan(['dump'])], { restore });
    const plan = planOf([backupPlan('/root', [groupPlan('default', [], [object])])]);
    const known = collectKnownInverses(plan, NOTHING);
    assert.equal(find(known, ['load'], 'source')?.accepted.max, 3);
    assert.equal(find(known, ['load']), undefined);
  });
  test('by its references, which stay references', () => {
    const secret = { type: 'credential', name: 'key' } as const;
    const inverse = { argv: [literal('gpg'), secret], env: new Map() };
    const plan = planWith([execPlan(['d']), execPlan(['x'], { inverse })]);
    const exec = find(collectKnownInverses(plan, NOTHING), ['gpg', '${credential:key}']);
    assert.deepEqual(exec?.argv[1], secret);
  });
  test('with the environment, the user and the place of its exec, but not its exit codes', () => {
    const exec = undoneBy(['gzip', '-d'], {
      env: new Map([['A', literal('1')]]),
      user: 'backup',
      cwd: '/srv',
      accepted: { min: 0, max: 9 },
      signals: ['SIGPIPE'],
      timeout: { ms: 1 },
    });
    const found = find(collectKnownInverses(planWith([execPlan(['d']), exec]), NOTHING), [
      'gzip',
      '-d',
    ]);
    assert.deepEqual([...(found?.env ?? [])], [['A', literal('1')]]);
    assert.deepEqual([found?.user, found?.cwd, found?.accepted.max], ['backup', '/srv', 0]);
    assert.deepEqual([found?.signals, found?.timeout], [[], undefined]);
  });
});

suite('what ships with palhm', () => {
  test('is known without a config, each in its role', async () => {
    const shipped = await loadShippedPlan();
    const known = collectKnownInverses(undefined, shipped);
    let filters = 0;
    for (const { id = '', inverse } of shipped.execs) {
      if (inverse === undefined) continue;
      const argv = inverse.argv.map((value) => (value.type === 'literal' ? value.text : '?'));
      assert.ok(find(known, argv, 'source'), id);
      assert.equal(find(known, argv) !== undefined, SHIPPED_FILTERS.has(id), id);
      if (SHIPPED_FILTERS.has(id)) filters += 1;
    }
    assert.equal(
      filters,
      SHIPPED_FILTERS.size,
      'every name in the list is an exec with an inverse',
    );
  });
});
