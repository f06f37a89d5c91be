import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

interface Schema {
  readonly [key: string]: unknown;
}

const schema: Schema = JSON.parse(await readFile('schema/palhm.schema.json', 'utf8'));

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function definition(name: string): Schema {
  const { $defs } = schema;
  assert.ok(isSchema($defs));
  const found = $defs[name];
  assert.ok(isSchema(found), name);
  return found;
}

function follow(property: Schema): Schema {
  const reference = property['$ref'];
  if (typeof reference !== 'string') return property;
  return { ...follow(definition(reference.replace('#/$defs/', ''))), ...property };
}

interface Property {
  readonly path: string;
  readonly key: string;
  readonly schema: Schema;
}

function* propertiesOf(node: unknown, path: string): Generator<Property> {
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) yield* propertiesOf(item, `${path}/${index}`);
  }
  if (!isSchema(node)) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === 'examples') continue;
    if (name === 'properties' && isSchema(value)) {
      for (const [key, property] of Object.entries(value)) {
        assert.ok(isSchema(property));
        yield { path: `${path}/properties/${key}`, key, schema: follow(property) };
      }
    }
    yield* propertiesOf(value, `${path}/${name}`);
  }
}

const properties = [...propertiesOf(schema, '#')];

/** What the invalid fixtures say, all of it. */
async function readExpected(): Promise<string> {
  const folders = await readdir('test/fixtures/config/invalid');
  const texts = folders.map((name) =>
    readFile(join('test/fixtures/config/invalid', name, 'expected.txt'), 'utf8'),
  );
  return (await Promise.all(texts)).join('');
}

const doc = await readFile('doc/config.md', 'utf8');
const said = await readExpected();

for (const { path, key, schema: property } of properties) {
  test(`${path} has a description, an example, a place in doc/config.md and a bad input`, () => {
    assert.match(String(property['description']), /^[A-Z"].*[.]$/);
    const isTag = property['const'] !== undefined;
    assert.ok(isTag || Array.isArray(property['examples']) || isSchema(property['properties']));
    assert.ok(doc.includes(`\`${key}\``), `doc/config.md does not mention ${key}`);
    assert.ok(said.includes(`"${key}"`), `no invalid fixture is about ${key}`);
  });
}

test('the schema has keys', () => {
  assert.ok(properties.length > 100);
});

test('every closed object says what it is called', () => {
  const closed = Object.values(schema['$defs'] ?? {}).filter(
    (one) => isSchema(one) && one['additionalProperties'] === false,
  );
  assert.ok(closed.length > 15);
  for (const one of closed) assert.equal(typeof one.title, 'string');
});

/** ajv names no choices when a tag is wrong, so the generator puts them into the validator. */
const TAGS: readonly [union: string, tag: string, choices: readonly string[]][] = [
  ['backupTask', 'backend', ['localfs', 'null', 'aws-s3']],
  ['task', 'type', ['backup', 'routine']],
  ['pipelineElement', 'type', ['exec', 'exec-append', 'exec-inline']],
  ['routineElement', 'type', ['exec', 'exec-append', 'exec-inline', 'task', 'clients', 'builtin']],
];

for (const [union, tag, choices] of TAGS) {
  test(`the tags of ${union} are known`, () => {
    const variants = definition(union)['oneOf'];
    assert.ok(Array.isArray(variants));
    const tags = variants.map((variant) => {
      const own = follow(variant)['properties'];
      assert.ok(isSchema(own) && isSchema(own[tag]));
      return follow(own[tag])['const'];
    });
    assert.deepEqual(tags, choices);
  });
}

test('types.gen.ts is what the schema makes', async () => {
  const generator = await import(pathToFileURL(resolve('schema/generate.mjs')).href);
  const fresh: unknown = await generator.generateTypes();
  assert.equal(fresh, await readFile('src/config/check/types.gen.ts', 'utf8'));
});
