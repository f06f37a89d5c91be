/**
 * Everything that is made from the schemas, at build time.
 *
 *   node schema/generate.mjs types        writes src/config/check/types.gen.ts, which is checked in
 *   node schema/generate.mjs validators   writes dist/src/config/check/validate.gen.cjs and dist/src/wire/gen/KIND.cjs
 *
 * Validators are standalone code: compiling a schema when palhm starts would cost more than all else it does then. They
 * are CommonJS because ajv writes `require("ajv/dist/runtime/…")` for its small helpers, and so that `src/wire` can load
 * the one it needs at the moment it needs it.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const CONFIG = 'palhm';
const ENDING = '.schema.json';

async function readSchema(name) {
  return JSON.parse(await readFile(at(`schema/${name}${ENDING}`), 'utf8'));
}

/** The names of all schemas: one for the config, one for each kind of JSON that `src/wire` knows, one that those share. */
async function listSchemas() {
  const files = await readdir(at('schema'));
  return files.filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length));
}

/** The text of types.gen.ts. A test compares it with the file that is checked in. */
export async function generateTypes() {
  const { compile } = await import('json-schema-to-typescript');
  return compile(forTypes(await readSchema(CONFIG)), 'Config', {
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

/**
 * The code of the validator of one schema. Its errors carry the schema they are about. That of the config finds all
 * mistakes, for a person to mend; those of `src/wire` stop at the first.
 */
async function generateValidator(name) {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  const ajv = new Ajv2020({
    allErrors: name === CONFIG,
    allowUnionTypes: true,
    code: { source: true },
    discriminator: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    verbose: true,
  });
  const add = async (one) => {
    const full = await readSchema(one);
    ajv.addSchema(forValidator(full, full), one + ENDING);
  };
  // They refer to each other by file name, as they lie beside each other.
  for (const other of await listSchemas()) if (other !== CONFIG) await add(other);
  if (name === CONFIG) await add(name);
  return appendErrors(standalone.default(ajv, ajv.getSchema(name + ENDING)));
}

/** ajv copies all errors found so far at each further one: half a million empty tasks would take hours. */
function appendErrors(code) {
  const appending = code.replaceAll(/vErrors\.concat\(([\w.]+)\)/g, 'append(vErrors,$1)');
  if (appending.includes('vErrors.concat')) throw new Error('ajv writes other code than it did');
  return `${appending}\nfunction append(all, more) {for (const one of more) all.push(one);return all;}\n`;
}

function pathOf(name) {
  return name === CONFIG
    ? 'dist/src/config/check/validate.gen.cjs'
    : `dist/src/wire/gen/${name}.cjs`;
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

async function write(path, text) {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), text);
}

const made = {
  async types() {
    await write('src/config/check/types.gen.ts', await generateTypes());
  },
  async validators() {
    const names = (await listSchemas()).filter((name) => name !== 'common');
    for (const name of names) await write(pathOf(name), await generateValidator(name));
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await made[process.argv[2]]();
