import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { decode, type Kind, LARGEST } from '../../src/wire/decode.js';
import { DOCUMENTS } from './samples.js';

const ENDING = '.schema.json';
const DIRECTORY = new URL('../../../schema/', import.meta.url);
const KINDS = Object.keys(DOCUMENTS) as Kind[];

const ajv = new Ajv2020({
  allowUnionTypes: true,
  discriminator: true,
  strictTypes: false,
  strictRequired: false,
});
for (const name of ['common', ...KINDS]) {
  const schema: object = JSON.parse(readFileSync(new URL(name + ENDING, DIRECTORY), 'utf8'));
  ajv.addSchema(schema, name + ENDING);
}

function problemOf(kind: Kind, text: string): string {
  const decoded = decode(kind, text);
  return decoded.ok ? 'accepted' : decoded.problem;
}

test('every schema but those of the config and of what is shared is one of a kind', () => {
  const names = readdirSync(DIRECTORY)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length));
  assert.deepEqual(names.sort(), ['common', 'palhm', ...KINDS].sort());
});

for (const kind of KINDS) {
  suite(kind, () => {
    const texts = DOCUMENTS[kind];

    test('what is encoded is as the schema says, and is decoded as it was', () => {
      assert.ok(texts.length > 0);
      for (const text of texts) {
        const data: unknown = JSON.parse(text);
        const validate = ajv.getSchema(kind + ENDING);
        assert.ok(validate?.(data), JSON.stringify(validate?.errors));
        assert.deepEqual(decode(kind, text), { ok: true, value: data });
      }
    });

    test('keys of a later version are passed over, everywhere', () => {
      for (const text of texts)
        assert.equal(
          problemOf(kind, JSON.stringify(withFurtherKeys(JSON.parse(text)))),
          'accepted',
        );
    });

    test('a key that is missing is named by its path', () => {
      for (const text of texts) {
        const [first = ''] = Object.keys(JSON.parse(text));
        const { [first]: _, ...rest } = JSON.parse(text);
        assert.equal(problemOf(kind, JSON.stringify(rest)), `is not valid: "${first}" is missing`);
      }
    });

    test('what is no object, or no JSON, is refused', () => {
      assert.equal(problemOf(kind, '[]'), 'is not valid: it is an empty array, not an object');
      assert.equal(problemOf(kind, ''), 'is empty');
      assert.equal(problemOf(kind, '{"a'), 'is truncated: it ends before its last brace');
      assert.match(problemOf(kind, 'nonsense'), /^is not JSON: /);
    });

    test('whatever value is another, it is decoded or refused with a reason', () => {
      for (const text of texts.slice(0, 3)) {
        for (const changed of changesOf(JSON.parse(text)))
          assert.match(
            problemOf(kind, JSON.stringify(changed)),
            /^accepted$|^is not valid: ["i].* (?:is missing|not .+)$/,
          );
      }
    });
  });
}

/** Adds a key to each object, except to objects whose keys are names from a config. */
function withFurtherKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withFurtherKeys(item));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).map(([key, inner]) =>
    key === 'env' || key === 'tags' ? [key, inner] : [key, withFurtherKeys(inner)],
  );
  return { ...Object.fromEntries(kept), later: { deep: [1] } };
}

/** Variants of the value: in each variant one value inside is replaced by another one. */
function* changesOf(value: unknown): Generator {
  for (const other of [null, -1, 0.5, '', 'x', [], {}, true]) yield other;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const changed of changesOf(inner)) {
      yield Array.isArray(value)
        ? value.toSpliced(Number(key), 1, changed)
        : { ...value, [key]: changed };
    }
  }
}

const PLACES: readonly (readonly [kind: Kind, text: string, problem: string])[] = [
  ['status', '{"tasks": [{"task": "a", "state": "odd"}]}', '"tasks[0].last" is missing'],
  ['copies', '{"task": "a", "copies": {}}', '"copies" is an object, not an array'],
  ['drill-record', '{"format": 2}', 'format 2 is newer than this palhm knows (1)'],
  ['verify-record', '{"format": 0}', '"format" is 0, not a format that palhm has written (1)'],
  [
    'event',
    '{"time": "2022-05-01T06:59:17Z", "level": "info", "run": null, "task": null, "event": "later"}',
    '"event" is "later", not one that this palhm knows',
  ],
  [
    'event',
    '{"time": "2022-13-01T06:59:17Z", "level": "info", "run": null, "task": null, "event": "failed", "failure": {}}',
    '"time" is "2022-13-01T06:59:17Z", not a time in UTC such as 2022-05-01T06:59:17.123Z',
  ],
  [
    'copy-marker',
    '{"state": "odd", "run": "x", "host": "", "since": ""}',
    '"state" is "odd", not one of open, removing',
  ],
];

for (const [kind, text, problem] of PLACES) {
  test(`${kind}: ${problem}`, () => {
    assert.equal(problemOf(kind, text).replace('is not valid: ', ''), problem);
  });
}

test('a text that is too large is refused unread', () => {
  for (const kind of ['lock-holder', 'event', 'manifest'] as const) {
    const text = ' '.repeat(LARGEST[kind] + 1);
    assert.match(
      problemOf(kind, text),
      /^is larger than (?:64\.0 KiB|16\.0 MiB|192\.0 MiB|256\.0 MiB)$/,
    );
  }
});

test('a text that is nested too deep is refused unread, and brackets in strings do not count', () => {
  const deep = (depth: number): string => `{"later": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
  assert.equal(problemOf('drill-note', deep(64)), 'is nested deeper than 64 levels');
  assert.equal(problemOf('drill-note', deep(63)), 'is not valid: "run" is missing');
  assert.equal(problemOf('drill-note', '['.repeat(1e4)), 'is nested deeper than 64 levels');
  const note = { run: 'x', task: `${'['.repeat(100)}"\\"${'{'.repeat(100)}` };
  assert.deepEqual(decode('drill-note', JSON.stringify(note)), { ok: true, value: note });
});

test('a text that would fill the memory is refused unread: too many values, or too much indentation', () => {
  const many = (value: string): string => `[${`${value},`.repeat(8_000_000)}${value}]`;
  assert.equal(problemOf('manifest', many('{}')), 'has more than 8000000 values');
  const deep = `${'['.repeat(60)}${'0,'.repeat(10_000)}0${']'.repeat(60)}`;
  assert.equal(problemOf('drill-record', deep), 'is larger than 1.0 MiB when indented');
  assert.match(problemOf('drill-record', deep.replaceAll(',', ' ')), /^is not JSON/);
});
