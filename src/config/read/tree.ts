/** A config as a tree. Every node knows its place in the text. */
import type { Span } from './source.js';

export type ConfigNode = ObjectNode | ArrayNode | ScalarNode;

export interface ObjectNode extends Span {
  readonly type: 'object';
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: Span;
  readonly value: ConfigNode;
}

export interface ArrayNode extends Span {
  readonly type: 'array';
  readonly items: readonly ConfigNode[];
}

export interface ScalarNode extends Span {
  readonly type: 'scalar';
  /** A number that is too large for an exact double is kept as its text. */
  readonly value: string | number | boolean | null;
}

/** The plain JSON value of a tree. */
export function valueOf(node: ConfigNode): unknown {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'array') return node.items.map(valueOf);
  const value: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) {
    // Assigning to __proto__ would set the prototype. For all other keys an assignment is faster than a definition.
    if (key === '__proto__') define(value, key, valueOf(entry.value));
    else value[key] = valueOf(entry.value);
  }
  return value;
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** The type of a node for a sentence: "a string", "an object". */
export function describeType(node: ConfigNode): string {
  if (node.type === 'array') return 'an array';
  if (node.type === 'object') return 'an object';
  if (node.value === null) return 'null';
  return `a ${typeof node.value}`;
}

/** Plain JSON as a tree: every node of it stands at the same place. */
export function nodeOf(value: unknown, { source, offset, length }: Span): ConfigNode {
  const at = { source, offset, length };
  if (Array.isArray(value))
    return { type: 'array', ...at, items: value.map((item: unknown) => nodeOf(item, at)) };
  if (typeof value === 'object' && value !== null)
    return { type: 'object', ...at, entries: entriesOf(Object.entries(value), at) };
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is left of JSON
  return { type: 'scalar', ...at, value: isPlain ? (value as string) : null };
}

function entriesOf(entries: readonly (readonly [string, unknown])[], key: Span) {
  return new Map(entries.map(([name, value]) => [name, { key, value: nodeOf(value, key) }]));
}
