import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choosePrefix,
  comparePrefixes,
  formatPrefix,
  type Prefix,
  parsePrefix,
} from '../../src/copy/prefix.js';

const TIMESPECS = ['hours', 'minutes', 'seconds', 'milliseconds', 'microseconds'] as const;
const NOW = Date.UTC(2022, 4, 1, 6, 59, 17, 123) * 1000 + 456;

const NAMES: readonly (readonly [name: string, micros: number])[] = [
  ['2022-05-01T06+00:00', Date.UTC(2022, 4, 1, 6) * 1000],
  ['2022-05-01T06:59+00:00', Date.UTC(2022, 4, 1, 6, 59) * 1000],
  ['2022-05-01T06:59:17+00:00', Date.UTC(2022, 4, 1, 6, 59, 17) * 1000],
  ['2022-05-01T06:59:17.123+00:00', NOW - 456],
  ['2022-05-01T06:59:17.123456+00:00', NOW],
  ['2022-05-01T06:59:17Z', Date.UTC(2022, 4, 1, 6, 59, 17) * 1000],
  ['2022-05-01T01:29:17-05:30', Date.UTC(2022, 4, 1, 6, 59, 17) * 1000],
  ['2022-05-01T12:44:17.123456+05:45', NOW],
  ['2022-05-01T20+14:00', Date.UTC(2022, 4, 1, 6) * 1000],
  ['2024-02-29T23:59:59.999999+00:00', Date.UTC(2024, 2, 1) * 1000 - 1],
  ['1969-12-31T23:59:59.999999+00:00', -1],
  ['0001-01-01T00+00:00', Date.parse('0001-01-01T00:00:00Z') * 1000],
];

for (const [name, micros] of NAMES) {
  test(`${name} is the instant ${micros}`, () => {
    assert.deepEqual(parsePrefix(name), { name, micros });
  });
}

for (const name of [
  '',
  'lost+found',
  '2022-05-01',
  '2022-05-01T06:59:17',
  '2022-05-01 06:59:17+00:00',
  '2022-02-30T06:59:17+00:00',
  '2023-02-29T06+00:00',
  '2022-13-01T06:59:17+00:00',
  '2022-00-10T06+00:00',
  '2022-05-01T24:00:00+00:00',
  '2022-05-01T06:60+00:00',
  '2022-05-01T06:59:60+00:00',
  '2022-05-01T06:59:17.1+00:00',
  '2022-05-01T06:59:17.1234567+00:00',
  '2022-05-01T06.123+00:00',
  '2022-05-01T06:59:17+0000',
  '2022-05-01T06:59:17+24:00',
  '2022-05-01T06:59:17+00:60',
  '0000-05-01T06:59:17+00:00',
  '2022-05-01T06:59:17+00:00 ',
  '2022-05-01T06:59:17+00:00\n',
  '.2022-05-01T06:59:17+00:00',
  '2022-05-01t06:59:17z',
]) {
  test(`${JSON.stringify(name)} is no prefix`, () => {
    assert.equal(parsePrefix(name), undefined);
  });
}

test('a name is cut to its precision, as Python cuts it', () => {
  assert.deepEqual(
    TIMESPECS.map((timespec) => formatPrefix(NOW, timespec)),
    [
      '2022-05-01T06+00:00',
      '2022-05-01T06:59+00:00',
      '2022-05-01T06:59:17+00:00',
      '2022-05-01T06:59:17.123+00:00',
      '2022-05-01T06:59:17.123456+00:00',
    ],
  );
  assert.equal(formatPrefix(-1, 'microseconds'), '1969-12-31T23:59:59.999999+00:00');
});

test('prefixes compare by instant, whatever their offset, then by name', () => {
  const names = [
    '2022-05-01T08:00:00+02:00',
    '2022-05-01T06:00:00Z',
    '2022-05-01T07:00:00+00:00',
    '2022-05-01T06:00:00+00:00',
    '2022-05-01T05:59:59+00:00',
  ];
  const prefixes = names.map((name) => known(name));
  assert.deepEqual(
    prefixes.toSorted(comparePrefixes).map((prefix) => prefix.name),
    [
      '2022-05-01T05:59:59+00:00',
      '2022-05-01T06:00:00+00:00',
      '2022-05-01T06:00:00Z',
      '2022-05-01T08:00:00+02:00',
      '2022-05-01T07:00:00+00:00',
    ],
  );
  const first = known('2022-05-01T06:00:00+00:00');
  assert.equal(comparePrefixes(first, { ...first }), 0);
});

test('a free name is taken as it is', () => {
  assert.deepEqual(choosePrefix({ now: NOW, timespec: 'seconds', taken: new Set() }), {
    name: '2022-05-01T06:59:17+00:00',
    micros: NOW - 123_456,
  });
});

test('runs at one instant get ever finer names, then the next microseconds, and sort in the order they ran', () => {
  const taken = new Set<string>();
  const chosen: Prefix[] = [];
  for (let run = 0; run < 8; run += 1) {
    const prefix = choosePrefix({ now: NOW, timespec: 'hours', taken });
    taken.add(prefix.name);
    chosen.push(prefix);
  }
  assert.deepEqual(
    chosen.map((prefix) => prefix.name.slice(10)),
    [
      'T06+00:00',
      'T06:59+00:00',
      'T06:59:17+00:00',
      'T06:59:17.123+00:00',
      'T06:59:17.123456+00:00',
      'T06:59:17.123457+00:00',
      'T06:59:17.123458+00:00',
      'T06:59:17.123459+00:00',
    ],
  );
  const names = chosen.map((prefix) => prefix.name);
  assert.deepEqual(names.toSorted(), names);
});

test('names that palhm makes, of any precision, sort as their instants do', () => {
  const instants = [0, 1, 999, 1000, 999_999, 1_000_000, 59_999_999, 60_000_000, 3_600_000_000];
  const prefixes = instants
    .flatMap((step) => [NOW + step, NOW - step, NOW - 123_456 + step, NOW - (NOW % 3.6e9) + step])
    .flatMap((micros) => TIMESPECS.map((timespec) => known(formatPrefix(micros, timespec))));
  for (const left of prefixes) {
    for (const right of prefixes) {
      const byName = left.name < right.name;
      assert.ok(
        left.micros >= right.micros || byName,
        `${left.name} is earlier than ${right.name} and must sort before it`,
      );
    }
  }
});

function known(name: string): Prefix {
  const prefix = parsePrefix(name);
  assert.ok(prefix !== undefined, name);
  return prefix;
}

test('a copy that is made later has a later name, also when an earlier name is free again', () => {
  const taken = new Set([formatPrefix(NOW - 1000, 'milliseconds')]);
  const prefix = choosePrefix({ now: NOW, timespec: 'hours', taken });
  assert.ok(prefix.micros > (parsePrefix([...taken].join(''))?.micros ?? 0), prefix.name);
  assert.ok(!taken.has(prefix.name));
});
