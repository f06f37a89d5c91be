import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { MANIFEST_NAME, type Manifest } from '../../src/copy/manifest.js';
import { Failure } from '../../src/failure/failure.js';
import { shorten } from '../../src/units/shorten.js';
import { orderManifest, renderManifest } from '../../src/wire/manifest.js';
import { parseManifest } from '../../src/wire/parse-manifest.js';

const SCHEMA = new URL('../../../schema/manifest.schema.json', import.meta.url);
const DOC = new URL('../../../doc/manifest.md', import.meta.url);

const MANIFEST: Manifest = {
  format: 1,
  palhm: '0.1.0',
  host: 'db1',
  task: 'backup',
  prefix: '2022-05-01T06:59:17+00:00',
  started: '2022-05-01T06:59:17.123Z',
  finished: '2022-05-01T07:02:29.004Z',
  objects: [
    {
      path: 'databases/all "db" ü.sql.gz',
      size: 4096,
      sha256: 'ab'.repeat(32),
      group: 'databases',
      started: '2022-05-01T06:59:17.130Z',
      finished: '2022-05-01T07:02:28Z',
      restore: `gzip -d <'databases/all "db" ü.sql.gz'`,
      stages: [
        {
          argv: ['mysqldump', '', '--password=${credential:db}'],
          exitCode: 0,
          signal: null,
          durationMs: 1.5,
          inverse: null,
        },
        {
          argv: ['gzip'],
          exitCode: null,
          signal: 'SIGPIPE',
          durationMs: 0,
          inverse: ['gzip', '-d'],
        },
      ],
    },
    {
      path: 'empty',
      size: 0,
      sha256: '00'.repeat(32),
      group: 'default',
      started: '2022-05-01T06:59:17.130Z',
      finished: '2022-05-01T07:02:28+00:00',
      restore: 'cat <empty',
      stages: [],
    },
  ],
};

test('a manifest comes back as it was rendered', () => {
  assert.deepEqual(parseManifest(renderManifest(MANIFEST)), MANIFEST);
});

test('the text is indented, ends with a newline and does not depend on the order of keys', () => {
  const text = renderManifest(MANIFEST);
  const { format, ...rest } = MANIFEST;
  const shuffled: Manifest = {
    ...rest,
    objects: MANIFEST.objects.map(({ path, ...object }) => ({ ...object, path })),
    format,
  };
  assert.equal(renderManifest(shuffled), text);
  assert.ok(text.startsWith('{\n  "format": 1,\n  "palhm": "0.1.0",\n'));
  assert.ok(text.endsWith('}\n'));
});

test('no truncation of a manifest passes for one', () => {
  const bytes = Buffer.from(renderManifest(MANIFEST));
  // The last byte is a newline. Without it the manifest is still complete.
  for (let length = 0; length < bytes.length - 1; length += 1) {
    assert.throws(() => parseManifest(bytes.subarray(0, length).toString()), isInvalid);
  }
});

test('no change of one byte makes it throw anything but a Failure', () => {
  const bytes = Buffer.from(renderManifest(MANIFEST));
  for (let at = 0; at < bytes.length; at += 1) {
    for (const byte of [0x00, 0x22, 0x5b, 0x7d, 0xff, (bytes[at] ?? 0) ^ 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = byte;
      try {
        parseManifest(damaged.toString());
      } catch (error) {
        assert.ok(isInvalid(error), String(error));
      }
    }
  }
});

test('keys that are not known are passed over', () => {
  const text = JSON.stringify({
    ...MANIFEST,
    later: { a: 1 },
    objects: MANIFEST.objects.map((object) => ({ ...object, later: [] })),
  });
  assert.deepEqual(orderManifest(parseManifest(text)), MANIFEST);
});

const TEXTS: readonly (readonly [name: string, text: string, message: string])[] = [
  ['empty', ' \n', 'The manifest is empty.'],
  ['truncated', '{"format": 1,', 'The manifest is truncated: it ends before its last brace.'],
  ['an array', '[]', 'The manifest is not valid: it is an empty array, not an object.'],
  ['null', 'null', 'The manifest is not valid: it is null, not an object.'],
  ['without a format', '{}', 'The manifest is not valid: "format" is missing.'],
  [
    'of a newer format',
    '{"format": 2}',
    'The manifest is not valid: format 2 is newer than this palhm knows (1).',
  ],
  [
    'of format 0',
    '{"format": 0}',
    'The manifest is not valid: "format" is 0, not a format that palhm has written (1).',
  ],
];

for (const [name, text, message] of TEXTS) {
  test(`a manifest that is ${name} is refused`, () => {
    assert.equal(refusalOf(text), message);
  });
}

test('a manifest that is not JSON is refused with the reason', () => {
  assert.match(refusalOf('not { json }'), /^The manifest is not JSON: Unexpected token/);
});

const INSIDE = 'a relative path that stays inside the copy';
const TIME = 'a time in UTC such as 2022-05-01T06:59:17.123Z';
const WHOLE = 'a whole number from 0 to 9007199254740991';
const DAMAGES: readonly (readonly [path: string, value: unknown, problem: string])[] = [
  ['host', undefined, '"host" is missing'],
  ['host', '', '"host" is "", not a string that is not empty'],
  ...['host', 'task', 'objects.0.group', 'objects.0.path'].map((key) => {
    const most = key.endsWith('path') ? 4096 : 1000;
    const problem = `"${key.replace('.0', '[0]')}" is "${'x'.repeat(79)}…, not a string of at most ${most} characters`;
    return [key, 'x'.repeat(most + 1), problem] as const;
  }),
  ['task', 7, '"task" is 7, not a string that is not empty'],
  ['format', '1', `"format" is "1", not ${WHOLE}`],
  [
    'prefix',
    '2022-02-30T06+00:00',
    '"prefix" is "2022-02-30T06+00:00", not a prefix such as 2022-05-01T06:59:17+00:00',
  ],
  ['started', 'yesterday', `"started" is "yesterday", not ${TIME}`],
  ['finished', '2022-13-01T06:59:17Z', `"finished" is "2022-13-01T06:59:17Z", not ${TIME}`],
  ['objects', {}, '"objects" is an object, not an array'],
  ['objects.0', null, '"objects[0]" is null, not an object'],
  ['objects.0.path', '/etc/passwd', `"objects[0].path" is "/etc/passwd", not ${INSIDE}`],
  ['objects.0.path', 'a/../../b', `"objects[0].path" is "a/../../b", not ${INSIDE}`],
  ['objects.0.path', '..', `"objects[0].path" is "..", not ${INSIDE}`],
  ['objects.0.path', './a', `"objects[0].path" is "./a", not ${INSIDE}`],
  ['objects.0.path', 'a//b', `"objects[0].path" is "a//b", not ${INSIDE}`],
  ['objects.0.path', 'a/', `"objects[0].path" is "a/", not ${INSIDE}`],
  ['objects.0.path', 'a\0b', String.raw`"objects[0].path" is "a\u0000b", not ${INSIDE}`],
  ['objects.0.path', '', '"objects[0].path" is "", not a string that is not empty'],
  [
    'objects.0.path',
    MANIFEST_NAME,
    `"objects[0].path" is "${MANIFEST_NAME}", not the path of an object: such names are kept for palhm itself`,
  ],
  [
    'objects.1.path',
    'databases/all "db" ü.sql.gz',
    String.raw`"objects[1].path" is "databases/all \"db\" ü.sql.gz", which an earlier object has too`,
  ],
  ['objects.1.size', -1, `"objects[1].size" is -1, not ${WHOLE}`],
  ['objects.1.size', 1.5, `"objects[1].size" is 1.5, not ${WHOLE}`],
  ['objects.1.size', 2 ** 53, `"objects[1].size" is 9007199254740992, not ${WHOLE}`],
  ['objects.1.size', '0', `"objects[1].size" is "0", not ${WHOLE}`],
  [
    'objects.1.sha256',
    'AB'.repeat(32),
    `"objects[1].sha256" is "${'AB'.repeat(32)}", not a SHA-256 of 64 lower-case hex digits`,
  ],
  ['objects.1.restore', undefined, '"objects[1].restore" is missing'],
  ['objects.0.stages.1', 'gzip', '"objects[0].stages[1]" is "gzip", not an object'],
  [
    'objects.0.stages.0.argv',
    [],
    '"objects[0].stages[0].argv" is an empty array, not an array with at least one string',
  ],
  ['objects.0.stages.0.argv', 'gzip', '"objects[0].stages[0].argv" is "gzip", not an array'],
  ['objects.0.stages.0.argv.1', 1, '"objects[0].stages[0].argv[1]" is 1, not a string'],
  ['objects.0.stages.0.exitCode', -1, `"objects[0].stages[0].exitCode" is -1, not ${WHOLE}`],
  ['objects.0.stages.0.signal', undefined, '"objects[0].stages[0].signal" is missing'],
  [
    'objects.0.stages.0.durationMs',
    -0.5,
    '"objects[0].stages[0].durationMs" is -0.5, not a number of at least 0',
  ],
  ['objects.0.stages.1.inverse', [2], '"objects[0].stages[1].inverse[0]" is 2, not a string'],
];

for (const [path, value, problem] of DAMAGES) {
  test(`${path} = ${shorten(JSON.stringify(value) ?? '')} is refused`, () => {
    const text = JSON.stringify(replaceAt(MANIFEST, path.split('.'), value));
    assert.equal(refusalOf(text), `The manifest is not valid: ${problem}.`);
  });
}

test('the schema accepts what palhm writes and refuses what it refuses', async () => {
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
    await readSchema(),
  );
  assert.ok(validate(JSON.parse(renderManifest(MANIFEST))), JSON.stringify(validate.errors));
  // A schema cannot compare two objects, or say which dates exist.
  const beyond = new Set(['objects.1.path', 'prefix', 'finished']);
  for (const [path, value] of DAMAGES) {
    const damaged: unknown = JSON.parse(
      JSON.stringify(replaceAt(MANIFEST, path.split('.'), value)),
    );
    const isCaught = !validate(damaged) || beyond.has(path) || String(value).includes('\0');
    assert.ok(isCaught, `${path} = ${JSON.stringify(value)}`);
  }
});

test('every key of the schema is described, and is on the page about it', async () => {
  const page = await readFile(DOC, 'utf8');
  for (const [key, schema] of keysOf(await readSchema())) {
    assert.match(schema.description ?? '', /^[A-Z].*\.$/s, key);
    assert.ok(page.includes(`\`${key}\``), `doc/manifest.md does not mention \`${key}\``);
  }
});

test('the example of the page is a manifest', async () => {
  const example = /```json\n(.*?)```/s.exec(await readFile(DOC, 'utf8'))?.[1] ?? '';
  assert.equal(parseManifest(example).objects[0]?.path, 'all-db.sql.zst.gpg');
});

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

async function readSchema(): Promise<Schema> {
  const schema: Schema = JSON.parse(await readFile(SCHEMA, 'utf8'));
  return schema;
}

function keysOf(schema: Schema): readonly (readonly [string, Schema])[] {
  const own = Object.entries(schema.properties ?? {});
  const below = [...own.map(([, property]) => property), ...(schema.items ? [schema.items] : [])];
  return [...own, ...below.flatMap((inner) => keysOf(inner))];
}

/** A copy of the value in which the value at the path is replaced or removed. */
function replaceAt(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return replacement;
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) =>
      String(index) === key ? replaceAt(item, rest, replacement) : item,
    );
  }
  assert.ok(typeof value === 'object' && value !== null, key);
  const inner: unknown = Reflect.get(value, key);
  return { ...value, [key]: replaceAt(inner, rest, replacement) };
}

function isInvalid(error: unknown): boolean {
  return error instanceof Failure && error.code === 'MANIFEST_INVALID';
}

function refusalOf(text: string): string {
  try {
    parseManifest(text);
  } catch (error) {
    assert.ok(isInvalid(error), String(error));
    return error instanceof Failure ? error.message : '';
  }
  return 'accepted';
}
