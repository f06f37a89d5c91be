/**
 * How a `Value` is written down where people or manifests see it: a literal as itself, anything else as the reference it
 * is, never as what it resolves to. Nothing here reads an environment, a file or a credential.
 */
import { assertNever } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { Value } from './value.js';

/** A literal's text, or such as `${credential:db}`; the parts of a concat joined. */
export function renderValue(value: Value): string {
  return renderWith(value, (literal) => literal);
}

/** The command as a line for people: literals quoted for a POSIX shell, references bare, so that the two can be told. */
export function renderCommand(argv: readonly Value[]): string {
  return argv.map((value) => renderWord(value)).join(' ');
}

/**
 * Like `renderValue`, with `…` for each literal: a value in an environment is private to the process, and configs of the
 * original hold passwords there.
 */
export function renderEnvironmentValue(value: Value): string {
  return renderWith(value, () => '…');
}

function renderWord(value: Value): string {
  const word = renderWith(value, (literal) => (literal === '' ? '' : quoteForShell(literal)));
  return word === '' ? "''" : word;
}

function renderWith(value: Value, literal: (text: string) => string): string {
  switch (value.type) {
    case 'literal':
      return literal(value.text);
    case 'env':
      return `\${env:${value.name}}`;
    case 'file':
      return `\${file:${value.path}}`;
    case 'credential':
      return `\${credential:${value.name}}`;
    case 'run':
      return `\${run:${value.what}}`;
    case 'concat':
      return value.parts.map((part) => renderWith(part, literal)).join('');
    default:
      return assertNever(value);
  }
}
