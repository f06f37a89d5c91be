import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Manifest, ManifestObject } from '../../../src/copy/manifest.js';
import { comparePieces } from '../../../src/run/verify/compare-pieces.js';
import { chooseObjects } from '../../../src/run/verify/prepare.js';

const TIMES = { started: '2022-05-01T06:59:17.000Z', finished: '2022-05-01T06:59:17.000Z' };

function objectOf(path: string, size: number, volumes?: readonly string[]): ManifestObject {
  const more = volumes === undefined ? {} : { volumes };
  return { path, size, sha256: '', group: 'g', ...TIMES, stages: [], restore: '', ...more };
}

function manifestOf(...objects: ManifestObject[]): Manifest {
  const prefix = '2022-05-01T06:59:17+00:00';
  return { format: 1, palhm: '0', host: 'h', task: 't', prefix, ...TIMES, objects };
}

function problemsOf(
  manifest: Manifest,
  stored: Readonly<Record<string, number>>,
): readonly string[] {
  const pieces = Object.entries(stored).map(([path, size]) => ({ path, size }));
  const { problems, byObject } = comparePieces(manifest, pieces);
  return [...problems, ...byObject.values()].map(({ text }) => text);
}

suite('the pieces of a copy', () => {
  const second = 'a.palhm-volume-2';
  const inTwo = manifestOf(objectOf('a', 30, ['a', second]), objectOf('b', 1));
  const cases: readonly [Manifest, Readonly<Record<string, number>>, readonly string[]][] = [
    [inTwo, { a: 20, [second]: 10, b: 1 }, []],
    [inTwo, { a: 20, [second]: 10, b: 1, 'folder/': 0 }, []],
    [inTwo, { a: 20, b: 1 }, [`object "a" is missing from the copy: its volume "${second}"`]],
    [inTwo, { a: 20, [second]: 9, b: 1 }, ['object "a" has 29 bytes, the manifest says 30']],
    [
      inTwo,
      { a: 20, [second]: 10, 'a.palhm-volume-3': 1, b: 1 },
      ['"a.palhm-volume-3" lies in the copy but not in its manifest'],
    ],
    [
      manifestOf(objectOf('a', 2, ['a', 'b']), objectOf('b', 1)),
      { a: 1, b: 1 },
      [
        'object "a" has "b" among its volumes, which is none of it',
        'object "b" has the volume "b" more than once, or shares it',
      ],
    ],
    [
      manifestOf(objectOf('a', 2, [second, 'a'])),
      { a: 1, [second]: 1 },
      [`object "a" has "${second}" among its volumes, which is none of it`],
    ],
    [manifestOf(), {}, []],
  ];
  for (const [manifest, stored, problems] of cases) {
    test(`${JSON.stringify(stored)}: ${problems.join('; ') || 'nothing'}`, () => {
      assert.deepEqual(problemsOf(manifest, stored), problems);
    });
  }
});

suite('a sample', () => {
  const objects = Array.from({ length: 30 }, (_, index) => index);
  for (const [part, count] of [
    [1, 30],
    [0.5, 15],
    [0.1, 3],
    [0.11, 4],
    [0.0001, 1],
  ] as const) {
    test(`of ${part} of 30 objects has ${count}, in their order`, () => {
      const chosen = chooseObjects(objects, part);
      assert.equal(chosen.length, count);
      assert.deepEqual(
        chosen,
        chosen.toSorted((a, b) => a - b),
      );
    });
  }
  test('of no objects is empty', () => {
    assert.deepEqual(chooseObjects([], 0.1), []);
  });
});
