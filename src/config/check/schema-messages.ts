/** The messages for errors of the validator. */
import type { Finding } from '../read/diagnostics.js';
import { shownTextOf } from '../read/masked-text.js';
import { hideInLine } from '../read/secrecy.js';
import { type Span, textOf } from '../read/source.js';
import { type ConfigNode, describeType, type ObjectNode } from '../read/tree.js';
import type { SchemaError } from './schema-error.js';
import { findNearest, suggest } from './suggest.js';

/** Where an error is: the node, and its key. `item`: the node is an item of the array that is the value of the key. */
interface Where {
  readonly node: ConfigNode;
  readonly key: { readonly name: string; readonly item: boolean };
}

/** `leaves`: whether later stages can use the node completely, apart from the missing key, or not at all. */
export type SchemaFinding = Finding & { readonly leaves: 'usable' | 'incomplete' | 'unusable' };

export function describeSchemaError(error: SchemaError, where: Where): SchemaFinding {
  switch (error.keyword) {
    case 'additionalProperties':
      return describeUnknownKey(error, where);
    case 'required':
      return describeMissingKey(error, where);
    case 'propertyNames':
      return describeName(error, where);
    case 'discriminator':
      return describeTag(error, where);
    case 'enum':
    case 'const':
      return describeChoice(error, where);
    case 'oneOf':
      return wrongValue(where, describeReference(error, where.node));
    case 'dependentRequired':
      return wrongValue(where, '"secret" goes with "env" only: the others always are secret.');
    default:
      return wrongValue(where, `${subjectOf(where)} must ${expectationOf(error, where)}.`);
  }
}

function wrongValue(where: Where, message: string, hint?: string): SchemaFinding {
  return { code: 'CONFIG_VALUE', message, at: where.node, hint, leaves: 'unusable' };
}

function describeUnknownKey(error: SchemaError, { node }: Where): SchemaFinding {
  const key = String(error.params['additionalProperty']);
  const { title = 'this object' } = error.parentSchema;
  const nearest = nearestKey(error);
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    message: `"${key}" is not a key of ${title}.`,
    hint: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
    at: keySpan(node, key),
    leaves: title === 'a reference' ? 'unusable' : 'usable',
  };
}

/** The known key that is nearest to the unknown one of an `additionalProperties` error. */
export function nearestKey({ params, parentSchema }: SchemaError): string | undefined {
  const { properties = {} } = parentSchema;
  return findNearest(String(params['additionalProperty']), Object.keys(properties));
}

function describeMissingKey(error: SchemaError, { node, key }: Where): SchemaFinding {
  const missing = String(error.params['missingProperty']);
  const title = error.parentSchema.title ?? `"${key.name}"`;
  return {
    code: 'CONFIG_MISSING_KEY',
    message: `"${missing}" is missing: ${title} needs it.`,
    at: { ...node, length: 1 },
    leaves: error.parentSchema.discriminator === undefined ? 'incomplete' : 'unusable',
  };
}

function describeName(error: SchemaError, { node, key }: Where): SchemaFinding {
  const name = String(error.params['propertyName']);
  return {
    code: 'CONFIG_VALUE',
    message: `"${name}" cannot be the name of a variable in "${key.name}": it must not be empty or contain "=".`,
    at: keySpan(node, name),
    leaves: 'usable',
  };
}

function describeTag(error: SchemaError, { node }: Where): SchemaFinding {
  const tag = String(error.params['tag']);
  const at = node.type === 'object' ? (node.entries.get(tag)?.value ?? node) : node;
  const choices = error.parentSchema.discriminator?.choices ?? [];
  const value = error.params['tagValue'];
  return {
    code: 'CONFIG_VALUE',
    message: `"${tag}" must be one of ${listOf(choices)}, not ${shownTextOf(at)}.`,
    hint: typeof value === 'string' ? suggest(value, choices) : undefined,
    at,
    leaves: 'unusable',
  };
}

/** Why some values that look right are not allowed. */
const REASONS: Readonly<Record<string, string>> = {
  'timespec auto':
    ' It leaves out a fraction that is zero, so that the copies would not sort by time.',
  tz: ' Local times do not sort when clocks are put back.',
};

function describeChoice(error: SchemaError, where: Where): SchemaFinding {
  const allowed = error.params['allowedValues'];
  const choices = Array.isArray(allowed) ? allowed.map(String) : [];
  const value = where.node.type === 'scalar' ? String(where.node.value) : '';
  const { name } = where.key;
  const reason = REASONS[`${name} ${value}`] ?? REASONS[name] ?? '';
  const of = choices.length === 1 ? '' : 'one of ';
  const message = `${subjectOf(where)} must be ${of}${listOf(choices)}, not ${shortText(where)}.${reason}`;
  return wrongValue(where, message, reason === '' ? suggest(value, choices) : undefined);
}

const REFERENCES = ['env', 'file', 'credential', 'run', 'snapshot', 'concat'];

function describeReference(error: SchemaError, node: ConfigNode): string {
  const keys = node.type === 'object' ? [...node.entries.keys()] : [];
  const given = keys.filter((key) => REFERENCES.includes(key));
  const what = error.params['passingSchemas'] === null ? 'none' : listOf(given);
  return `An object as a value has exactly one of ${listOf(REFERENCES)}; this has ${what}.`;
}

/** What follows "must". */
function expectationOf(error: SchemaError, { node, key }: Where): string {
  const { params, keyword } = error;
  switch (keyword) {
    case 'type':
      if (params['type'] === 'integer' && /^-?\d+$/.test(textOf(node)))
        return 'be a smaller number';
      return `be ${typeNames(params['type'], error.parentSchema.title)}, not ${describeGiven(node, error)}`;
    case 'minLength':
    case 'minItems':
      return 'not be empty';
    case 'maxLength':
      return `have no more than ${String(params['limit'])} characters`;
    case 'minimum':
      return `be ${String(params['limit'])} or more, not ${shownTextOf(node)}`;
    case 'maximum':
      return `be ${String(params['limit'])} or less, not ${shownTextOf(node)}`;
    default:
      return `be ${FORMS[key.name] ?? `as ${String(params['pattern'])}`}, not ${shortText({ node, key })}`;
  }
}

/** In words, the patterns that the schema has for strings. */
const FORMS: Readonly<Record<string, string>> = {
  dmode: 'octal permissions such as "750"',
  fmode: 'octal permissions such as "640"',
  ionice: '"idle", "best-effort" or "realtime", the last two with a level such as ":7" if any',
  env: 'the name of a variable, without "="',
  credential: 'the name of a credential, without "/"',
  user: 'the name of a user, which does not begin with "-"',
  endpoint: 'an address such as "https://s3.example.net"',
  snapshot: 'a word or an object with one key, such as {"path": "vg0/mysql"}',
  volume: 'the name of a volume with its group, such as "vg0/mysql"',
  instance: 'the name of a container: letters, digits and "-", a letter first',
  project: 'the name of a project',
  profiles: '"+" or "-" and the name of a profile',
  'role-arn': 'the name of a role such as "arn:aws:iam::123456789012:role/backup"',
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'an array',
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a number',
  object: 'an object',
  string: 'a string',
};

/** The title of the schema of a value, which may be a secret. */
const REFERENCE = 'a reference';

function typeNames(type: unknown, title: string | undefined): string {
  if (title === REFERENCE) return 'a string or a reference such as {"env": "NAME"}';
  const types = Array.isArray(type) ? type : [type];
  return types.map((one) => TYPE_NAMES[String(one)] ?? String(one)).join(' or ');
}

function subjectOf({ key }: Where): string {
  return key.item ? `An item of "${key.name}"` : `"${key.name}"`;
}

function listOf(choices: readonly string[]): string {
  return choices.map((choice) => `"${choice}"`).join(', ');
}

/** The type of a node, and the value of a number, unless it may be a secret: a large one is a string in the tree. */
function describeGiven(node: ConfigNode, { parentSchema }: SchemaError): string {
  const isNumber = node.type === 'scalar' && /^-?\d/.test(textOf(node));
  if (!isNumber) return describeType(node);
  return parentSchema.title === REFERENCE ? 'a number' : `the number ${shownTextOf(node)}`;
}

/** The text of a value if it fits into a sentence, with what a line of the config would hide hidden, else its type. */
function shortText({ node, key }: Where): string {
  if (node.type !== 'scalar' || node.length > 60) return describeType(node);
  const name = `"${key.name}": `;
  return hideInLine(name + shownTextOf(node)).slice(name.length);
}

function keySpan(node: ConfigNode, key: string): Span {
  return entriesOf(node)?.get(key)?.key ?? node;
}

function entriesOf(node: ConfigNode): ObjectNode['entries'] | undefined {
  return node.type === 'object' ? node.entries : undefined;
}
