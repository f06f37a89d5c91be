/**
 * Manifests that are damaged or made by an attacker. The result is always a manifest that the schema accepts or a Failure
 * MANIFEST_INVALID, without delay. A seed determines the mutations. A failing test prints it: SEED=N runs the same again.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Manifest } from '../../src/copy/manifest.js';
import { isObjectPath } from '../../src/copy/object-path.js';
import { Failure } from '../../src/failure/failure.js';
import { orderManifest, renderManifest } from '../../src/wire/manifest.js';
import { parseManifest } from '../../src/wire/parse-manifest.js';
import { type Random, randomFrom } from '../rig/random.js';

const SCHEMA = new URL('../../../schema/manifest.schema.json', import.meta.url);
const validate = new Ajv2020({ allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
);

const TIMES = { started: '2022-05-01T06:59:17.130Z', finished: '2022-05-01T07:02:28Z' };
const STAGE = { argv: ['x', ''], exitCode: 0, signal: null, durationMs: 1.5, inverse: null };
const MANIFEST: Manifest = {
  format: 1,
  palhm: '0.1.0',
  host: 'db1',
  task: 'backup',
  prefix: '2022-05-01T06:59:17+00:00',
  ...TIMES,
  groups: [
    { id: 'first', depends: [] },
    { id: 'second', depends: ['first'] },
  ],
  objects: [
    {
      path: 'deep/all "db" ü.sql.gz',
      size: 4096,
      sha256: 'ab'.repeat(32),
      volumes: ['deep/all "db" ü.sql.gz', 'deep/all.palhm-volume-2'],
      group: 'first',
      ...TIMES,
      restore: 'cat',
      apply: [['gzip', '-d'], ['mysql']],
      stages: [
        STAGE,
        { ...STAGE, exitCode: null, signal: 'SIGPIPE', inverse: ['gzip', '-d'], stderr: 'said' },
      ],
    },
    {
      path: 'empty',
      size: 0,
      sha256: '00'.repeat(32),
      group: 'second',
      ...TIMES,
      restore: 'cat <empty',
      stages: [],
    },
  ],
  signature: { algorithm: 'ed25519', key: 'cd'.repeat(32), value: 'AAAA' },
};
const TEXT = renderManifest(MANIFEST);

const ROUNDS = 6000;
/** A very slow parser would be a fault, too: a listing parses every manifest of a root. */
const LONGEST_MS = 2000;

const SCRAPS = [
  '../../etc/passwd',
  '/etc/passwd',
  '.palhm-x',
  'a\0b',
  '..',
  'x/..',
  'x/../y',
  '',
  ' ',
  '\u0000',
  '\ud800',
  '2022-02-30T00:00:00Z',
  '9999-99-99T99:99:99Z',
  '2022-05-01T06:59:17+99:99',
  '__proto__',
  'x'.repeat(100_000),
];
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  -0,
  [],
  {},
  [[]],
  [null],
  { length: 2 ** 31 },
  { toString: null },
  ...SCRAPS,
];

/** Replaces, removes or doubles one value somewhere in the manifest. */
function mutateTree(random: Random): string {
  const tree = JSON.parse(TEXT) as Record<string, unknown>;
  const places: [holder: Record<string, unknown>, key: string][] = [];
  const walk = (holder: Record<string, unknown>): void => {
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      const value = holder[key];
      if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>);
    }
  };
  walk(tree);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const [holder, key] = random.pick(places);
    const [, otherKey] = random.pick(places);
    const action = random.below(5);
    if (action === 0) delete holder[key];
    else if (action === 1) holder[otherKey] = holder[key];
    else if (action === 2 && Array.isArray(holder)) holder.push(structuredClone(holder[0]));
    else holder[key] = random.pick([...VALUES, structuredClone(tree['objects'] ?? null)]);
  }
  return JSON.stringify(tree);
}

/** Replaces, removes or doubles bytes. */
function mutateBytes(random: Random): string {
  const bytes = Buffer.from(TEXT);
  const at = random.below(bytes.length);
  const length = 1 + random.below(40);
  switch (random.below(5)) {
    case 0:
      bytes[at] = random.below(256);
      break;
    case 1:
      return bytes.subarray(0, at).toString();
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]).toString();
    case 3:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]).toString();
    default:
      for (let index = at; index < at + length; index++) bytes[index] = random.below(256);
  }
  return bytes.toString('latin1');
}

/** Replaces a token by one that JSON.stringify never writes. */
function mutateTokens(random: Random): string {
  const tokens = [
    '1e400',
    '-1e400',
    '1e-400',
    '9'.repeat(5000),
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    '{"a":'.repeat(20_000),
    '{"__proto__": {"format": 1}}',
    '"\\u0000"',
    'NaN',
    'undefined',
    '0x1',
    '01',
    '',
  ];
  const words = [...TEXT.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.]*|null|[[\]{},:]/g)];
  const { index, 0: word } = random.pick(words);
  const key = random.pick([
    '"format": 1,',
    '"path": "../x",',
    '"__proto__": {},',
    '"objects": [],',
  ]);
  const put =
    random.below(3) === 0 && word === '{' ? `{${key}` : random.pick([...tokens, word + word]);
  return TEXT.slice(0, index) + put + TEXT.slice(index + word.length);
}

function assertRefusedOrSound(text: string): void {
  let manifest: Manifest;
  const startedAt = performance.now();
  try {
    manifest = orderManifest(parseManifest(text));
  } catch (error) {
    assert.ok(error instanceof Failure && error.code === 'MANIFEST_INVALID', String(error));
    assert.ok(error.message.length < 2000, 'a message that somebody can read');
    return;
  } finally {
    assert.ok(performance.now() - startedAt < LONGEST_MS);
  }
  assert.ok(validate(manifest), JSON.stringify(validate.errors));
  for (const { path, volumes = [] } of manifest.objects)
    for (const one of [path, ...volumes]) assert.ok(isObjectPath(one), one);
  assert.deepEqual(parseManifest(renderManifest(manifest)), manifest);
}

suite('a manifest that was changed', () => {
  const base = Number(process.env['SEED'] ?? 1);
  const mutations = { bytes: mutateBytes, values: mutateTree, tokens: mutateTokens };
  test('not at all is sound', () => assertRefusedOrSound(TEXT));
  for (const [name, mutate] of Object.entries(mutations)) {
    test(`in its ${name} is refused, or is sound`, () => {
      let refused = 0;
      for (let round = 0; round < ROUNDS / 3; round++) {
        const text = mutate(randomFrom(base + round));
        try {
          assertRefusedOrSound(text);
        } catch (error) {
          throw new Error(`SEED=${base + round} after ${round} rounds: ${text.slice(0, 3000)}`, {
            cause: error,
          });
        }
        refused += isRefused(text) ? 1 : 0;
      }
      assert.ok(refused > 100, `${refused} were refused: the mutations do harm`);
    });
  }
});

function isRefused(text: string): boolean {
  try {
    parseManifest(text);
    return false;
  } catch {
    return true;
  }
}
