import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCycles, findLongChain, inOrder } from '../../../src/config/plan/dependencies.js';

function cyclesOf(edges: Readonly<Record<string, string[]>>): readonly (readonly string[])[] {
  return findCycles(new Map(Object.entries(edges)));
}

test('circles are found, diamonds are none', () => {
  assert.deepEqual(cyclesOf({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }), []);
  assert.deepEqual(cyclesOf({ a: ['a'] }), [['a', 'a']]);
  assert.deepEqual(cyclesOf({ x: ['a'], a: ['b'], b: ['c'], c: ['a'] }), [['a', 'b', 'c', 'a']]);
  assert.deepEqual(cyclesOf({ a: ['nowhere'] }), []);
});

test('a chain of a hundred thousand is no matter', () => {
  const names = Array.from({ length: 100_000 }, (_, index) => String(index));
  const chain = new Map(names.map((name, index) => [name, [String(index + 1)]]));
  assert.deepEqual(findCycles(chain), []);
});

test('the first name of a chain that is too long is found, however it is come upon', () => {
  const chainOf = (length: number): [string, string[]][] =>
    Array.from({ length }, (_, at) => [`c${at}`, at === length - 1 ? [] : [`c${at + 1}`]]);
  for (const entries of [
    (chain: [string, string[]][]) => chain,
    (chain: [string, string[]][]) => chain.toReversed(),
  ]) {
    assert.equal(findLongChain(new Map(entries(chainOf(100))), 100), undefined);
    assert.equal(findLongChain(new Map(entries(chainOf(102))), 100), 'c1');
  }
});

test('in order, each name comes after those that it depends on', () => {
  const graph = new Map(Object.entries({ c: ['b', 'a'], a: [], b: ['a'], d: [] }));
  const order = inOrder(graph);
  const names = [...order.keys()];
  assert.deepEqual(new Map(order), graph);
  for (const [name, depends] of order)
    for (const on of depends) assert.ok(names.indexOf(on) < names.indexOf(name));
});
