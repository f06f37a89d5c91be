/**
 * Compares the merged tree with the schema. Of what the validator finds, every mistake becomes one diagnostic, at the
 * part of the text that it is about.
 */
import { createRequire } from 'node:module';
import { type Problems, report } from '../read/diagnostics.js';
import { type ConfigNode, type ObjectNode, valueOf } from '../read/tree.js';
import type { Cursor } from './cursor.js';
import type { SchemaError, Validator } from './schema-error.js';
import { describeSchemaError, nearestKey, type SchemaFinding } from './schema-messages.js';
import type { Config } from './types.gen.js';

/** Made from palhm.schema.json by schema/generate.mjs. */
const validate: Validator = createRequire(import.meta.url)('./validate.gen.cjs');

export function validateTree(root: ObjectNode, problems: Problems): Cursor<Config> {
  const value = valueOf(root);
  const errors = validate(value) ? [] : dropEchoes(validate.errors ?? []);
  const mistyped = new Set(errors.flatMap((error) => keyMeant(error) ?? []));
  for (const error of errors) {
    const path = findPath(root, error.instancePath);
    const node = path.at(-1) ?? root;
    const { leaves, ...finding } = describeSchemaError(error, { node, key: lastKey(error) });
    // The unknown key is reported, with the missing one as its suggestion.
    if (!mistyped.has(missingKey(error) ?? '')) report(problems, finding);
    markWrong(path, leaves, problems);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not as the type says is in problems.tainted
  return { value: value as Config, node: root };
}

/** The JSON pointer of a key that is missing. */
function missingKey({ keyword, instancePath, params }: SchemaError): string | undefined {
  return keyword === 'required'
    ? `${instancePath}/${String(params['missingProperty'])}`
    : undefined;
}

/** The JSON pointer of the key that an unknown one seems to stand for. */
function keyMeant(error: SchemaError): string | undefined {
  if (error.keyword !== 'additionalProperties') return undefined;
  const key = nearestKey(error);
  return key === undefined ? undefined : `${error.instancePath}/${key}`;
}

/** One error per mistake: without those that only say that another error makes the whole invalid. */
function dropEchoes(errors: readonly SchemaError[]): readonly SchemaError[] {
  const explained = new Set(
    errors
      .filter((error) => ['additionalProperties', 'oneOf'].includes(error.keyword))
      .map((error) => `${error.keyword} ${error.instancePath}`),
  );
  return errors.filter((error) => !isEcho(error, explained));
}

function isEcho(error: SchemaError, explained: ReadonlySet<string>): boolean {
  switch (error.keyword) {
    case 'if':
      return true;
    case 'oneOf':
      return explained.has(`additionalProperties ${error.instancePath}`);
    case 'dependentRequired':
      return explained.has(`oneOf ${error.instancePath}`);
    case 'required':
      return error.schemaPath.includes('/oneOf/');
    case 'discriminator':
      // A missing tag is also reported as a missing key.
      return error.params['error'] === 'tag' && error.params['tagValue'] === undefined;
    default:
      return error.propertyName !== undefined;
  }
}

/** Tells later stages not to use the last node, or that it and its parents may not be what their types say. */
function markWrong(
  path: readonly ConfigNode[],
  leaves: SchemaFinding['leaves'],
  problems: Problems,
): void {
  if (leaves === 'usable') return;
  const node = path.at(-1);
  if (leaves === 'unusable' && node !== undefined) problems.wrong.add(node);
  for (const one of path) problems.tainted.add(one);
}

/** The nodes from the root down to the one that a JSON pointer (RFC 6901) names. */
function findPath(root: ObjectNode, pointer: string): readonly ConfigNode[] {
  const path: ConfigNode[] = [root];
  for (const part of pointerParts(pointer)) {
    const at = path.at(-1);
    const next = at?.type === 'array' ? at.items[Number(part)] : undefined;
    const entry = at?.type === 'object' ? at.entries.get(part)?.value : next;
    if (entry === undefined) break;
    path.push(entry);
  }
  return path;
}

function pointerParts(pointer: string): readonly string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The key that a wrong value belongs to, and whether it is the value of that key or an item in it. */
function lastKey({ instancePath }: SchemaError): { name: string; item: boolean } {
  const parts = pointerParts(instancePath);
  const last = parts.at(-1) ?? '';
  const item = /^\d+$/.test(last);
  const name = item ? parts.findLast((part) => !/^\d+$/.test(part)) : last;
  return { name: name ?? '', item };
}
