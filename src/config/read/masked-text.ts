/**
 * The text of a config with a star for each character that nobody is shown. It is read token by token, since a text that is
 * shown mostly is wrong: it need not be JSON, and what a secret belongs to may stand lines above it.
 */
import { hideInLine, isHarmless, looksSecret } from './secrecy.js';
import { lineOf, type SourceFile, type Span, textOf } from './source.js';

const masked = new WeakMap<SourceFile, SourceFile>();

/** Made once for each text: a config may have thousands of problems. Offsets and lines are those of the text. */
function maskedSource(source: SourceFile): SourceFile {
  const known = masked.get(source) ?? { ...source, text: mask(source.text) };
  masked.set(source, known);
  return known;
}

/** The whole line on which a span starts, to be shown. */
export function shownLineOf(at: Span): string {
  return hideInLine(lineOf({ ...at, source: maskedSource(at.source) }));
}

/** The text of a span, to be shown. */
export function shownTextOf(at: Span): string {
  return textOf({ ...at, source: maskedSource(at.source) });
}

const COMMENT = String.raw`\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)`;
const TOKEN = new RegExp(
  String.raw`${COMMENT}|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[{}[\]:,]|[^\s{}[\]:,"'/]+|\/`,
  'g',
);
const BEFORE_COLON = new RegExp(String.raw`(?:\s|${COMMENT})*:`, 'y');

/** An object or array that is not closed yet. `env`: variables by name. `value`: what is in the place of a secret. */
interface Frame {
  readonly type: 'plain' | 'env' | 'value';
  key: string;
}

function mask(text: string): string {
  let shown = '';
  let end = 0;
  const open: Frame[] = [{ type: 'plain', key: '' }];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const frame = open.at(-1) ?? { type: 'plain', key: '' };
    BEFORE_COLON.lastIndex = index + token.length;
    if (token === '{' || token === '[') open.push({ type: typeWithin(frame, token), key: '' });
    else if (/^[\]}]$/.test(token)) open.length = Math.max(1, open.length - 1);
    else if (/^[^:,/]/.test(token) && BEFORE_COLON.test(text)) frame.key = unquote(token);
    else if (isHidden(frame, token)) {
      shown += text.slice(end, index) + token.replaceAll(/(?!^["']|["']$)[^\n]/g, '*');
      end = index + token.length;
    }
  }
  return shown + text.slice(end);
}

function typeWithin(frame: Frame, bracket: string): Frame['type'] {
  if (holdsSecret(frame)) return 'value';
  if (frame.key !== 'env') return 'plain';
  return bracket === '{' ? 'env' : 'value';
}

/** Where references stand for a secret, their names are no secret. */
const REFERENCES = new Set(['env', 'file', 'credential', 'run', 'snapshot']);

function holdsSecret({ type, key }: Frame): boolean {
  if (type === 'env') return !isHarmless(key);
  return type === 'value' ? !REFERENCES.has(key) : looksSecret(key);
}

function isHidden(frame: Frame, token: string): boolean {
  if (/^(?:[:,]|true|false|null)$/.test(token)) return false;
  // A reference, which names a variable, unless it is a mistake.
  if (frame.type !== 'env' && frame.key === 'env') return token.includes('=');
  return holdsSecret(frame);
}

function unquote(token: string): string {
  const plain = token.replaceAll(/^["']|["']$/g, '');
  return plain.replaceAll(/\\u([\da-fA-F]{4})/g, (_, unit: string) =>
    String.fromCharCode(Number.parseInt(unit, 16)),
  );
}
