/** A config as a tree whose every part knows where in which file it stands. */
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
  /** A number that a double does not hold exactly is the text it was written as. */
  readonly value: string | number | boolean | null;
}

/** The plain JSON value of a tree. */
export function valueOf(node: ConfigNode): unknown {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'array') return node.items.map(valueOf);
  const value: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) {
    // An assignment to __proto__ would make no key; anything else it makes faster than a definition.
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

/** "a string", "an object": what a node is, for a sentence. */
export function describeType(node: ConfigNode): string {
  if (node.type === 'array') return 'an array';
  if (node.type === 'object') return 'an object';
  if (node.value === null) return 'null';
  return `a ${typeof node.value}`;
}
