/**
 * Everything that is made from palhm.schema.json, at build time.
 *
 *   node schema/generate.mjs types       writes src/config/check/types.gen.ts, which is checked in
 *   node schema/generate.mjs validator   writes dist/src/config/check/validate.gen.js
 *
 * The validator is standalone code: compiling the schema when palhm starts would cost more than all else it does then.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

async function readSchema() {
  return JSON.parse(await readFile(at('schema/palhm.schema.json'), 'utf8'));
}

/** The text of types.gen.ts. A test compares it with the file that is checked in. */
export async function generateTypes() {
  const { compile } = await import('json-schema-to-typescript');
  return compile(forTypes(await readSchema()), 'Config', {
    additionalProperties: true,
    bannerComment: '/* Made from schema/palhm.schema.json by schema/generate.mjs. Do not edit. */',
    customName: (schema, key) => key && typeName(key),
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 100 },
    unknownAny: true,
    unreachableDefinitions: true,
  });
}

function typeName(key) {
  return key[0].toUpperCase() + key.slice(1);
}

/**
 * Without what the type generator would turn into noise: titles, conditions, and what a tagged union says about its variants again.
 */
function forTypes(node) {
  if (Array.isArray(node)) return node.map(forTypes);
  if (node === null || typeof node !== 'object') return node;
  if (node.discriminator) return { description: node.description, oneOf: node.oneOf };
  const kept = Object.entries(node).filter(([key, value]) => !isNoise(key, value));
  return Object.fromEntries(kept.map(([key, value]) => [key, forTypes(value)]));
}

function isNoise(key, value) {
  const says = typeof value === 'string' && key === 'title';
  return says || key === 'examples' || key === 'if' || key === 'then';
}

/** The text of validate.gen.js: the validator. Its errors carry the schema they are about. */
export async function generateValidator() {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  const full = await readSchema();
  const schema = forValidator(full, full);
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    code: { source: true, esm: true },
    discriminator: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    verbose: true,
  });
  const code = standalone
    .default(ajv, ajv.compile(schema))
    // The one helper that ajv would load at run time. It counts code points; here only emptiness is asked for.
    .replace(/require\("ajv\/dist\/runtime\/ucs2length"\)\.default/g, '(text) => text.length');
  if (code.includes('require('))
    throw new Error('the validator must stand alone but loads a module');
  return code;
}

/**
 * Without prose, which errors would otherwise carry along: a third of what node has to read when palhm starts. But ajv does
 * not say which tags a union takes, and a message has to.
 */
function forValidator(node, full) {
  if (Array.isArray(node)) return node.map((one) => forValidator(one, full));
  if (node === null || typeof node !== 'object') return node;
  const kept = Object.entries(node).filter(([key, value]) => !isProse(key, value));
  const entries = kept.map(([key, value]) => [key, forValidator(value, full)]);
  const { discriminator, ...made } = Object.fromEntries(entries);
  return discriminator === undefined
    ? made
    : { ...made, discriminator: { ...discriminator, choices: choicesOf(node, full) } };
}

function choicesOf({ discriminator, oneOf }, full) {
  const follow = ({ $ref, ...own }) =>
    $ref === undefined ? own : full.$defs[$ref.slice('#/$defs/'.length)];
  return oneOf.map((one) => follow(follow(one).properties[discriminator.propertyName]).const);
}

function isProse(key, value) {
  return (key === 'description' && typeof value === 'string') || key === 'examples';
}

const made = {
  types: { make: generateTypes, path: 'src/config/check/types.gen.ts' },
  validator: { make: generateValidator, path: 'dist/src/config/check/validate.gen.js' },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { make, path } = made[process.argv[2]];
  await writeFile(at(path), await make());
}
