/** Parses the text of a config into a tree. */
import { type JSONVisitor, type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { note, type Problems, report } from './diagnostics.js';
import { type SourceFile, type Span, textOf } from './source.js';
import type { ConfigNode, Entry, ObjectNode, ScalarNode } from './tree.js';

/** No honest config has more than a dozen levels; whatever works on a tree calls itself for each of them. */
const DEEPEST = 64;

/** Ends the parser, which calls itself for each level, too. */
class TooDeep extends Error {}

/** Undefined when the text is not JSONC with an object at its top, which is reported. */
export function parseSource(source: SourceFile, problems: Problems): ObjectNode | undefined {
  const builder = startTree(source, problems);
  let isBroken = false;
  const onError: JSONVisitor['onError'] = (error, offset, length) => {
    // Only the first error is reported: the others mostly come from how the parser recovers from it.
    if (!isBroken) reportSyntax(problems, error, { source, offset, length });
    isBroken = true;
  };
  try {
    visit(source.text, { ...builder.visitor, onError }, { allowTrailingComma: true });
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return undefined;
  }
  if (isBroken) return undefined;
  const root = builder.root();
  if (root?.type === 'object') return root;
  const at = root ?? { source, offset: 0, length: 1 };
  report(problems, { code: 'CONFIG_VALUE', message: 'A config file must hold an object.', at });
  return undefined;
}

/** An object or array whose end is not yet parsed. */
type Open = OpenObject | OpenArray;

interface OpenObject {
  readonly type: 'object';
  readonly offset: number;
  readonly entries: Map<string, Entry>;
  key: { readonly name: string; readonly span: Span };
}

interface OpenArray {
  readonly type: 'array';
  readonly offset: number;
  readonly items: ConfigNode[];
}

/** Builds the tree directly from the events of the parser, whose own tree would be the larger of the two. */
function startTree(source: SourceFile, problems: Problems) {
  const open: Open[] = [];
  let root: ConfigNode | undefined;
  const add = (node: ConfigNode): void => {
    const parent = open.at(-1);
    if (parent === undefined) root = node;
    else if (parent.type === 'array') parent.items.push(node);
    else addEntry(parent.entries, { ...parent.key, value: node, problems });
  };
  const begin = (node: Open): void => {
    open.push(node);
    if (open.length <= DEEPEST) return;
    const message = `Nothing may be nested deeper than ${DEEPEST} levels.`;
    report(problems, {
      code: 'CONFIG_VALUE',
      message,
      at: { source, offset: node.offset, length: 1 },
    });
    throw new TooDeep();
  };
  const end = (offset: number): void => {
    const ended = open.pop();
    if (ended !== undefined) add(close(ended, source, offset + 1));
  };
  const visitor: JSONVisitor = {
    onObjectBegin: (offset, length) => {
      const key = { name: '', span: { source, offset, length } };
      begin({ type: 'object', offset, entries: new Map(), key });
    },
    onArrayBegin: (offset) => begin({ type: 'array', offset, items: [] }),
    onObjectProperty: (name, offset, length) => {
      const parent = open.at(-1);
      if (parent?.type === 'object') parent.key = { name, span: { source, offset, length } };
    },
    onObjectEnd: end,
    onArrayEnd: end,
    onLiteralValue: (value: unknown, offset, length) => {
      add(toScalar(value, { source, offset, length }, problems));
    },
  };
  return { visitor, root: () => root };
}

function close(ended: Open, source: SourceFile, end: number): ConfigNode {
  const { offset } = ended;
  const length = end - offset;
  return ended.type === 'object'
    ? { type: 'object', source, offset, length, entries: ended.entries }
    : { type: 'array', source, offset, length, items: ended.items };
}

function addEntry(
  entries: Map<string, Entry>,
  added: {
    readonly name: string;
    readonly span: Span;
    readonly value: ConfigNode;
    readonly problems: Problems;
  },
): void {
  const { name, span, value, problems } = added;
  refuseUnusable(name, span, problems);
  const before = entries.get(name);
  if (before === undefined) {
    entries.set(name, { key: span, value });
    return;
  }
  report(problems, {
    code: 'CONFIG_DUPLICATE',
    message: `"${name}" is given twice in one object.`,
    at: span,
    notes: [note('first given at', before.key)],
  });
}

function toScalar(value: unknown, span: Span, problems: Problems): ScalarNode {
  const { source, offset, length } = span;
  const at = { type: 'scalar', source, offset, length } as const;
  if (typeof value === 'number') return { ...at, value: exactNumber(value, textOf(span)) };
  if (typeof value === 'string') refuseUnusable(value, span, problems);
  return { ...at, value: typeof value === 'string' || typeof value === 'boolean' ? value : null };
}

/** A double cannot tell neighbouring integers above 2^53 apart, and reads 1e400 as infinite: then the text is kept. */
function exactNumber(value: number, text: string): number | string {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : text;
}

/** Refuses text that no path, argument or variable can have: none of them has a NUL, and UTF-8 has no half of a pair. */
function refuseUnusable(text: string, at: Span, problems: Problems): void {
  if (text.includes('\0')) {
    const message = 'A NUL character cannot be part of a path, an argument or a variable.';
    report(problems, { code: 'CONFIG_VALUE', message, at });
  }
  if (/\p{Surrogate}/u.test(text)) {
    const message = 'Half of a surrogate pair, such as "\\ud800" alone, is not a character.';
    report(problems, { code: 'CONFIG_VALUE', message, at });
  }
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

function reportSyntax(problems: Problems, error: ParseErrorCode, span: Span): void {
  const { source, offset } = span;
  // An error at the end of the file is shown on the last line that is not blank.
  const end = source.text.trimEnd().length;
  const isAtEnd = offset >= end;
  const message = messageFor(printParseErrorCode(error), { isEmpty: end === 0, isAtEnd });
  const at = isAtEnd ? { source, offset: Math.max(0, end - 1), length: 1 } : span;
  report(problems, { code: 'CONFIG_SYNTAX', message, at });
}

function messageFor(
  name: string,
  { isEmpty, isAtEnd }: { isEmpty: boolean; isAtEnd: boolean },
): string {
  if (isEmpty) return 'The file is empty: a config is an object, at least "{}".';
  if (isAtEnd && !name.startsWith('Unexpected'))
    return 'The file ends too early: something is not closed.';
  return (
    EXPECTED[name] ??
    'This is not JSON: keys and strings stand in double quotes, comments begin with //.'
  );
}
