/** Reads a validated tree: each value together with its node. */
import type { Parsed } from '../../units/parsed.js';
import { type Problems, report } from '../read/diagnostics.js';
import { shownTextOf } from '../read/masked-text.js';
import { textOf } from '../read/source.js';
import type { ConfigNode } from '../read/tree.js';

/** A value and its node. When `problems.tainted` has the node, the value may not be what its type says. */
export interface Cursor<T> {
  readonly value: T;
  readonly node: ConfigNode;
}

/** The value of a key. Undefined when it is absent or has an error. */
export function child<T extends object, K extends keyof T & string>(
  at: Cursor<T>,
  key: K,
  problems: Problems,
): Cursor<NonNullable<T[K]>> | undefined {
  const node = at.node.type === 'object' ? at.node.entries.get(key)?.value : undefined;
  const value = at.value[key];
  if (node === undefined || value === undefined || value === null) return undefined;
  return problems.wrong.has(node) ? undefined : { value, node };
}

/** Whether a key is given but has an error, so that nobody knows what it would define. */
export function isUnreadable<T extends object>(
  at: Cursor<T>,
  key: keyof T & string,
  problems: Problems,
): boolean {
  return at.value[key] !== undefined && child(at, key, problems) === undefined;
}

/** The items of an array, without those that have an error. */
export function items<T>(at: Cursor<readonly T[]> | undefined, problems: Problems): Cursor<T>[] {
  if (at === undefined || at.node.type !== 'array') return [];
  const { value, node } = at;
  return node.items.flatMap((item, index): Cursor<T>[] => {
    const one = value[index];
    return one === undefined || problems.wrong.has(item) ? [] : [{ value: one, node: item }];
  });
}

/** Whether validation found no error in this part of the tree. */
export function isSound(node: ConfigNode, problems: Problems): boolean {
  return !problems.tainted.has(node);
}

/** A number as its text in the config: a double would round it. */
export function exactText(at: Cursor<number | string> | undefined): Cursor<string> | undefined {
  if (at === undefined) return undefined;
  const { value, node } = at;
  return { value: typeof value === 'number' ? textOf(node) : value, node };
}

const LONGEST_SHOWN = 80;

function shorten(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** Parses a value, and reports at its place what is wrong with it. */
export function parseAt<T, U>(
  at: Cursor<T> | undefined,
  parse: (value: T) => Parsed<U>,
  problems: Problems,
): U | undefined {
  if (at === undefined) return undefined;
  const parsed = parse(at.value);
  if (parsed.ok) return parsed.value;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `${shorten(shownTextOf(at.node))} ${parsed.problem}${/[.?]$/.test(parsed.problem) ? '' : '.'}`,
    at: at.node,
  });
  return undefined;
}
