/** What a program prints at its end that holds, with real programs. What is frozen is a file that exists. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { FreezeMeans, HeldObjectPlan } from '../../../src/config/plan/plan.js';
import { Failure } from '../../../src/failure/failure.js';
import { objectPlan, shell } from '../../rig/plans.js';
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

suite('a program that holds and prints at its end', () => {
  /** What it prints when its stdin ends. */
  const printer = (script: string, ...output: readonly HeldObjectPlan[]): FreezeMeans => ({
    type: 'hold',
    exec: shell(
      `echo $$ > ${file('holder')}; touch ${file('frozen')}; trap 'rm -f ${file('frozen')}' EXIT; trap 'exit 0' TERM; exec 3<&0; cat <&3 >/dev/null & echo it holds; wait; ${script}`,
    ),
    output,
  });
  const object = (path: string, mayBeEmpty = false): HeldObjectPlan => ({
    ...objectPlan(path, []),
    mayBeEmpty,
  });
  const printed = async (means: FreezeMeans): Promise<Readonly<Record<string, string>>> => {
    const result = await freeze(means, () => {
      assert.ok(isFrozen());
      return Promise.resolve();
    });
    assert.equal(result.end.problem, undefined, String(result.end.problem));
    assert.equal(isFrozen(), false);
    return Object.fromEntries(
      [...(result.printed?.texts ?? [])].map(([path, text]) => [path, String(text)] as const),
    );
  };

  test('is told by the end of its stdin, and each text becomes an object, byte by byte', async () => {
    const one = object('a');
    const two = object('b', true);
    for (const [script, output, texts] of [
      [String.raw`printf 'text\r\n\n'`, [one], { a: 'text\r\n\n' }],
      [String.raw`printf 'text\0'`, [one], { a: 'text' }],
      [String.raw`printf '1\n\0 2\0'`, [one, two], { a: '1\n', b: ' 2' }],
      [String.raw`printf '1\0\0'`, [one, two], { a: '1' }],
      [String.raw`printf '1\0'`, [one, two], { a: '1' }],
      ['true', [two], {}],
    ] as const)
      assert.deepEqual(await printed(printer(script, ...output)), texts, script);
  });

  for (const [how, script, why] of [
    ['prints nothing for one', String.raw`printf '\0b'`, /bash printed nothing for "a"/],
    ['prints too few', 'echo a', /bash printed 1 text for "a", "b"/],
    ['prints too many', String.raw`printf 'a\0b\0c'`, /bash printed 3 texts for "a", "b"/],
    ['does not end well', String.raw`printf 'a\0b'; exit 3`, /bash exited with status 3/],
  ] as const)
    test(`that ${how} is a problem, and nothing is held`, async () => {
      const means = printer(script, object('a'), object('b'));
      const { end, printed: texts } = await freeze(means, () => Promise.resolve());
      assert.ok(end.problem instanceof Failure);
      assert.equal(end.problem.code, 'HOOK_FAILED');
      assert.match(end.problem.message, /^thaw of group "g": /);
      assert.match(end.problem.message, why);
      assert.equal(texts, undefined);
      assert.equal(isFrozen(), false);
    });

  test('and does not come to an end is ended by the watchdog, and is a problem', async () => {
    const means = printer('sleep 60', object('a'));
    const { end } = await freeze(means, () => Promise.resolve(), { maxMs: 1500 });
    assert.ok(end.problem instanceof Failure);
    assert.equal(end.problem.code, 'FREEZE_EXPIRED');
    assert.equal(isAlive(pidIn(file('holder'))), false);
  });
  test('is ended by SIGTERM, and prints nothing, when the work has failed', async () => {
    const failure = new Failure({ code: 'SNAPSHOT_FAILED', message: 'no space' });
    const means = printer(`touch ${file('told')}; echo label`, object('a'));
    assert.equal(await failureOf(freeze(means, () => Promise.reject(failure))), failure);
    assert.equal(isFrozen(), false);
    assert.equal(existsSync(file('told')), false);
  });
  test('has failed when it has ended before', async () => {
    const exec = shell(`echo $$ > ${file('holder')}; echo it holds; echo label`);
    const means: FreezeMeans = { type: 'hold', exec, output: [object('a')] };
    const { end } = await freeze(means, async () => {
      while (isAlive(pidIn(file('holder')))) await turn();
      // Node hears of it in its next turn.
      await turn();
      await turn();
    });
    assert.ok(end.problem instanceof Failure);
    assert.match(end.problem.message, /which was to go on, exited with status 0/);
  });
});
