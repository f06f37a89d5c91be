/**
 * Holds the merged tree against the schema and turns what the validator finds into one diagnostic per mistake, each at
 * the bytes it is about.
 */
import { createRequire } from 'node:module';
import { type Problems, report } from '../read/problems.js';
import { type ConfigNode, type ObjectNode, valueOf } from '../read/tree.js';
import type { SchemaError, Validator } from './schema-error.js';
import { describeSchemaError } from './schema-messages.js';
import type { Config } from './types.gen.js';

/** Made from palhm.schema.json by schema/generate.mjs. */
const validate: Validator = createRequire(import.meta.url)('./validate.gen.cjs');

/**
 * A value and the node it was read from. Where `problems.tainted` has the node, the value may not be what its type
 * says.
 */
export interface Cursor<T> {
  readonly value: T;
  readonly node: ConfigNode;
}

export function validateTree(root: ObjectNode, problems: Problems): Cursor<Config> {
  const value = valueOf(root);
  if (!validate(value)) {
    for (const error of dropEchoes(validate.errors ?? [])) reportError(root, error, problems);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not as the type says is in problems.tainted
  return { value: value as Config, node: root };
}

/** One error per mistake: what only says that some other error makes a whole invalid goes. */
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
      // A tag that is missing is a missing key as well.
      return error.params['error'] === 'tag' && error.params['tagValue'] === undefined;
    default:
      return error.propertyName !== undefined;
  }
}

function reportError(root: ObjectNode, error: SchemaError, problems: Problems): void {
  const path = findPath(root, error.instancePath);
  const node = path.at(-1) ?? root;
  const { leaves, ...finding } = describeSchemaError(error, { node, key: lastKey(error) });
  report(problems, finding);
  if (leaves === 'usable') return;
  if (leaves === 'unusable') problems.wrong.add(node);
  for (const one of path) problems.tainted.add(one);
}

/** The nodes from the root down to the one a JSON pointer (RFC 6901) names. */
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

/** The key that the value at fault belongs to, and whether it is that key's value or an item of it. */
function lastKey({ instancePath }: SchemaError): { name: string; item: boolean } {
  const parts = pointerParts(instancePath);
  const last = parts.at(-1) ?? '';
  const item = /^\d+$/.test(last);
  const name = item ? parts.findLast((part) => !/^\d+$/.test(part)) : last;
  return { name: name ?? '', item };
}
