/** The pages about JSON and the schemas agree: every key of a schema is on its page, and no other key is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Kind } from '../../src/wire/decode.js';

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Schema {
  readonly description?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

/** Where each kind is described: a page and its sections; the whole page when no section is named. */
const PLACES: Readonly<Record<Kind, readonly [page: string, ...sections: string[]]>> = {
  manifest: ['manifest.md'],
  'verify-record': ['manifest.md', 'Records'],
  'drill-record': ['manifest.md', 'Records'],
  'copy-marker': ['json.md', 'Files that palhm leaves for itself'],
  'drill-note': ['json.md', 'Files that palhm leaves for itself'],
  'freeze-note': ['json.md', 'Files that palhm leaves for itself'],
  'lock-holder': ['json.md', 'Files that palhm leaves for itself'],
  'lock-lease': ['json.md', 'Files that palhm leaves for itself'],
  copies: ['json.md', 'list'],
  copy: ['json.md', 'show', 'list'],
  event: ['events.md'],
  findings: ['json.md', 'config check --connect'],
  modules: ['json.md', 'mods'],
  plan: ['json.md', 'run --plan'],
  rotation: ['json.md', 'rotate --dry-run'],
  'run-report': ['json.md', 'A run report'],
  status: ['json.md', 'status', 'list'],
  verdicts: ['json.md', 'verify'],
};

function pageAbout(kind: Kind, sections = PLACES[kind].slice(1)): string {
  const [page] = PLACES[kind];
  const text = read(`doc/${page}`);
  if (sections.length === 0) return text;
  const found = text.split(/^## /m).filter((part) => sections.includes(part.split('\n')[0] ?? ''));
  assert.equal(found.length, sections.length, `${page} has ${sections.join(', ')}`);
  return found.join('\n');
}

function readSchema(name: string): Schema {
  return JSON.parse(read(`schema/${name}`));
}

/** The target of a reference in a schema, which may be in the same file or in another one. */
function follow(file: string, reference: string): { file: string; schema: Schema } {
  const [name = '', pointer = ''] = reference.split('#');
  const target = name === '' ? file : name;
  let at: unknown = readSchema(target);
  for (const key of pointer.split('/').slice(1)) at = Reflect.get(Object(at), key);
  return { file: target, schema: Object(at) as Schema };
}

/** Every key below a schema, with its description. What is below a `then` has its own page. */
function* keysOf(file: string, schema: Schema): Generator<readonly [string, Schema]> {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    yield [key, property];
    yield* keysOf(file, property);
  }
  for (const inner of [schema.items, ...(schema.oneOf ?? [])])
    if (inner !== undefined) yield* keysOf(file, inner);
  // A report contains reports.
  if (schema.$ref !== undefined && schema.$ref !== '#') {
    const target = follow(file, schema.$ref);
    yield* keysOf(target.file, target.schema);
  }
}

const KINDS = Object.keys(PLACES) as Kind[];

for (const kind of KINDS) {
  const file = `${kind}.schema.json`;
  const keys = [...keysOf(file, readSchema(file))];

  test(`${kind}: every key of the schema is described, and is on the page about it`, () => {
    const page = pageAbout(kind);
    assert.ok(keys.length > 1);
    for (const [key, { description = '' }] of keys) {
      assert.match(description, /^[A-Z].*\.$/s, `${kind}: ${key}`);
      const isNamed = page.includes(`\`${key}\``) || page.includes(`"${key}"`);
      assert.ok(isNamed, `doc/${PLACES[kind][0]} does not mention \`${key}\` of ${kind}`);
    }
  });
}

/** The keys in the first column of the tables on a page. */
function keysInTables(page: string): readonly string[] {
  const cells = Array.from(page.matchAll(/^\| (`[^|]*) \|/gm), ([, cell = '']) => cell);
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/g), ([, key = '']) => key));
}

test('every key in a table of json.md is one of its schema', () => {
  for (const kind of KINDS.filter((one) => PLACES[one][0] === 'json.md')) {
    const file = `${kind}.schema.json`;
    const known = new Set(Array.from(keysOf(file, readSchema(file)), ([key]) => key));
    // Only the first section is about this kind. It refers to the others.
    for (const key of keysInTables(pageAbout(kind, PLACES[kind].slice(1, 2)))) {
      assert.ok(known.has(key), `${kind} has no key ${key}`);
    }
  }
});

test('events.md documents every event with exactly the fields of its schema', () => {
  const documented = read('doc/events.md')
    .split(/^### /m)
    .slice(1)
    .map((section) => [
      section.split('\n')[0]?.replaceAll('`', ''),
      [...keysInTables(section.split(/^## /m)[0] ?? ''), 'event'].sort(),
    ]);
  const events = readSchema('event.schema.json').oneOf?.map(({ $ref = '' }) => {
    const { properties = {} } = follow('event.schema.json', $ref).schema;
    return [$ref.slice('#/$defs/'.length), Object.keys(properties).sort()];
  });
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(events ?? []));
});

test('json.md lists every schema', () => {
  const page = read('doc/json.md');
  for (const name of [...KINDS, 'common', 'palhm'])
    assert.ok(page.includes(`\`${name}.schema.json\``), name);
});
