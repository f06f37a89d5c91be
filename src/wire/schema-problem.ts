/**
 * Describes the error of a validator: the path of the value, the value, and what was expected. The type and the bounds in
 * the schema say what was expected. Where they are not enough, as for a pattern, the schema has a `title`: a noun phrase
 * that follows "not", such as "a relative path that stays inside the copy".
 */
import type { SchemaError, SchemaShape } from '../config/check/schema-error.js';

/** `"objects[3].size" is -1, not a whole number from 0 to 9007199254740991`. `root` is the value that was validated. */
export function describeSchemaError(root: unknown, error: SchemaError): string {
  const path = pathOf(root, error.instancePath);
  const { keyword, params, data } = error;
  if (keyword === 'required')
    return `"${join(path, String(params['missingProperty']))}" is missing`;
  if (keyword !== 'discriminator') return describeWrong(path, data, expectationOf(error));
  const tag = join(path, String(params['tag']));
  const value = params['tagValue'];
  return value === undefined
    ? `"${tag}" is missing`
    : describeWrong(tag, value, 'one that this palhm knows');
}

/** `"x" is 3, not a string`. The path of the whole value is empty. */
export function describeWrong(path: string, value: unknown, expected: string): string {
  return `${path === '' ? 'it' : `"${path}"`} is ${describeValue(value)}, not ${expected}`;
}

/** A JSON pointer (RFC 6901) in the form `objects[3].stages[0].argv`. */
function pathOf(root: unknown, pointer: string): string {
  let path = '';
  let at = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path = Array.isArray(at) ? `${path}[${key}]` : join(path, key);
    at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  }
  return path;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function expectationOf({ keyword, params, parentSchema }: SchemaError): string {
  const { title } = parentSchema;
  switch (keyword) {
    case 'type':
      return typesOf(parentSchema)
        .map((type) => nameType(type, parentSchema))
        .join(' or ');
    case 'minimum':
    case 'maximum':
      return nameNumber(typesOf(parentSchema).includes('integer'), parentSchema);
    case 'minLength':
      return 'a string that is not empty';
    case 'maxLength':
      return `a string of at most ${String(params['limit'])} characters`;
    case 'enum':
      return `one of ${[params['allowedValues']].flat().map(String).join(', ')}`;
    default:
      return title ?? `as its ${keyword} asks for`;
  }
}

function typesOf({ type = [] }: SchemaShape): readonly string[] {
  return typeof type === 'string' ? [type] : type;
}

function nameType(type: string, schema: SchemaShape): string {
  const isEmptyRefused = (schema.minLength ?? 0) > 0;
  switch (type) {
    case 'array':
      return 'an array';
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'number':
      return nameNumber(type === 'integer', schema);
    case 'object':
      return 'an object';
    case 'string':
      return schema.title ?? (isEmptyRefused ? 'a string that is not empty' : 'a string');
    default:
      return type;
  }
}

function nameNumber(isWhole: boolean, { minimum, maximum }: SchemaShape): string {
  const name = isWhole ? 'a whole number' : 'a number';
  if (minimum === undefined) return name;
  return maximum === undefined
    ? `${name} of at least ${minimum}`
    : `${name} from ${minimum} to ${maximum}`;
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
