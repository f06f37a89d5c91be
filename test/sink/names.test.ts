/** A backend is known by its traits and facts: its name is in its own rooms and in two registries, and nowhere else. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { BACKENDS } from '../../src/sink/registry.js';

const REGISTRIES = new Set(['src/sink/registry.ts', 'src/config/plan/sinks/sinks.ts']);

/** `null` is also the name of a type of JSON. */
const OTHER_MEANINGS = [{ file: 'src/config/read/tree.ts', name: 'null' }];

/** What lies in the rooms of a backend: `src/sink/NAME/`, `src/config/plan/sinks/NAME.ts` and `NAME-….ts` beside it. */
function isAtHome(file: string, name: string): boolean {
  return (
    file.startsWith(`src/sink/${name}/`) ||
    file.startsWith(`src/config/plan/sinks/${name}.`) ||
    file.startsWith(`src/config/plan/sinks/${name}-`)
  );
}

/** The name as a string, as a key, or as a room whose inside is imported. Comments may name what they like. */
function naming(name: string): RegExp {
  const quoted = `['"\`]${name}(?:['"\`]| )`;
  const imported = `from '[^']*/sinks?/${name}[./-]`;
  return new RegExp(`${quoted}|${imported}`);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

test('the names of backends appear in their rooms and in the registries alone', async () => {
  const all = await readdir('src', { recursive: true });
  const files = all
    .map((file) => `src/${file}`)
    .filter((file) => file.endsWith('.ts') && !/\.gen(\.d)?\.ts$/.test(file))
    .filter((file) => !REGISTRIES.has(file));
  const names = Object.keys(BACKENDS);
  assert.ok(files.length > 200 && names.length > 2);
  const found: string[] = [];
  for (const file of files) {
    const text = withoutComments(await readFile(file, 'utf8'));
    for (const name of names) {
      const meansOther = OTHER_MEANINGS.some((one) => one.file === file && one.name === name);
      if (isAtHome(file, name) || meansOther) continue;
      if (naming(name).test(text)) found.push(`${file} names ${name}`);
    }
  }
  assert.deepEqual(found, []);
});

test('what a name looks like is found', () => {
  const texts = [
    "=== 'localfs'",
    'case "localfs":',
    '`localfs ${root}`',
    "from '../sink/localfs/x.js'",
  ];
  for (const text of texts) assert.match(text, naming('localfs'));
  assert.doesNotMatch("from '../sink/localfsx.js'", naming('localfs'));
});
