/**
 * A config file as a tree that knows where each of its parts stands in the text.
 */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { note } from './diagnostics.js';
import { type Problems, report } from './problems.js';
import { type SourceFile, type Span, textOf } from './source.js';

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

/** The tree of a file, or undefined when it is not JSONC with an object at its top. */
export function parseSource(source: SourceFile, problems: Problems): ObjectNode | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(source.text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    // What the parser says after its first error is mostly about its own recovery.
    reportSyntax(problems, source, first);
    return undefined;
  }
  if (root?.type === 'object') return toObject(root, source, problems);
  const at = { source, offset: root?.offset ?? 0, length: root?.length ?? 1 };
  report(problems, { code: 'CONFIG_VALUE', message: 'A config file must hold an object.', at });
  return undefined;
}

const EXPECTED: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'A key in double quotes is expected here.',
  ValueExpected: 'A value is expected here.',
  ColonExpected: 'A colon is expected here.',
  CommaExpected: 'A comma is expected here.',
  CloseBraceExpected: 'A closing brace "}" is missing.',
  CloseBracketExpected: 'A closing bracket "]" is missing.',
  EndOfFileExpected: 'The file must end here.',
  UnexpectedEndOfComment: 'The comment does not end.',
  UnexpectedEndOfString: 'The string does not end on its line.',
  InvalidEscapeCharacter: 'The string has an escape that JSON does not know.',
  InvalidUnicode: 'The string has a malformed \\u escape.',
  InvalidCharacter: 'The string has a control character, such as a tab, that must be escaped.',
};

function reportSyntax(problems: Problems, source: SourceFile, error: ParseError): void {
  const name = printParseErrorCode(error.error);
  // An error at the end of the file is shown on the last line that has something.
  const end = source.text.trimEnd().length;
  const message = messageFor(name, { isEmpty: end === 0, isAtEnd: error.offset >= end });
  const offset = Math.min(error.offset, Math.max(0, end - 1));
  const length = error.offset < end ? error.length : 1;
  report(problems, { code: 'CONFIG_SYNTAX', message, at: { source, offset, length } });
}

function messageFor(
  name: string,
  { isEmpty, isAtEnd }: { isEmpty: boolean; isAtEnd: boolean },
): string {
  if (isEmpty) return 'The file is empty: a config is an object, at least "{}".';
  if (isAtEnd && !name.startsWith('Unexpected'))
    return 'The file ends too early: something is not closed.';
  return EXPECTED[name] ?? 'This is not JSON: keys and strings stand in double quotes.';
}

function toNode(node: Node, source: SourceFile, problems: Problems): ConfigNode {
  if (node.type === 'object') return toObject(node, source, problems);
  if (node.type === 'array') {
    const items = (node.children ?? []).map((child) => toNode(child, source, problems));
    return { ...spanOf(node, source), type: 'array', items };
  }
  return toScalar(node, source, problems);
}

function toObject(node: Node, source: SourceFile, problems: Problems): ObjectNode {
  const entries = new Map<string, Entry>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    const entry = { key: spanOf(key, source), value: toNode(value, source, problems) };
    refuseNul(name, entry.key, problems);
    const before = entries.get(name);
    if (before === undefined) entries.set(name, entry);
    else reportDuplicateKey(problems, { name, key: entry.key, before: before.key });
  }
  return { ...spanOf(node, source), type: 'object', entries };
}

function reportDuplicateKey(
  problems: Problems,
  { name, key, before }: { name: string; key: Span; before: Span },
): void {
  report(problems, {
    code: 'CONFIG_DUPLICATE',
    message: `"${name}" is given twice in one object.`,
    at: key,
    notes: [note('first given at', before)],
  });
}

function toScalar(node: Node, source: SourceFile, problems: Problems): ScalarNode {
  const span = spanOf(node, source);
  if (typeof node.value === 'string') refuseNul(node.value, span, problems);
  const value = node.type === 'number' ? exactNumber(node.value, textOf(span)) : node.value;
  return { ...span, type: 'scalar', value };
}

/** Above 2^53 neighbouring integers are one double, and 1e400 is infinite. */
function exactNumber(value: number, text: string): number | string {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : text;
}

function refuseNul(text: string, at: Span, problems: Problems): void {
  if (!text.includes('\0')) return;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: 'A NUL character cannot be part of a path, an argument or a variable.',
    at,
  });
}

function spanOf(node: Node, source: SourceFile): Span {
  return { source, offset: node.offset, length: node.length };
}

/** The plain JSON value of a tree. */
export function valueOf(node: ConfigNode): unknown {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'array') return node.items.map(valueOf);
  const value: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) define(value, key, valueOf(entry.value));
  return value;
}

/** As an assignment, but `__proto__` is a key like any other. */
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
