/**
 * Values as text for people and manifests: literals as they are, references as references, never what they resolve to.
 * Nothing here reads an environment, a file or a credential.
 */
import { assertNever } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { HIDDEN, hideUserInfo } from '../read/secrecy.js';
import type { Value } from './value.js';

/** A literal as it is, a reference such as `${credential:db}`, a concat as its parts in a row. */
export function renderValue(value: Value): string {
  return renderWith(value, (literal) => literal);
}

/** Whether a literal, rendered, cannot be told from a reference. */
export function looksLikeReference(text: string): boolean {
  return /\$\{(?:env|file|credential|run|snapshot):[^}]*\}/.test(text);
}

/** The same to be shown: see secrecy.ts. */
export function renderArgument(value: Value): string {
  return renderWith(value, hideUserInfo);
}

/**
 * A command as a line for people. Literals are quoted for a POSIX shell, references are not: so they can be told apart. What
 * secrecy.ts hides is hidden.
 */
export function renderCommand(argv: readonly Value[]): string {
  return argv.map((value) => renderWord(value, hideUserInfo)).join(' ');
}

/** The same word for word, for a person who is asked whether it may run. */
export function renderWholeCommand(argv: readonly Value[]): string {
  return argv.map((value) => renderWord(value, (literal) => literal)).join(' ');
}

/** Like `renderValue`, but without literals: see secrecy.ts. */
export function renderEnvironmentValue(value: Value): string {
  return renderWith(value, () => HIDDEN);
}

function renderWord(value: Value, show: (literal: string) => string): string {
  const word = renderWith(value, (literal) => (literal === '' ? '' : quoteForShell(show(literal))));
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
    case 'snapshot':
      return value.of === undefined
        ? `\${snapshot:${value.what}}`
        : `\${snapshot:${value.what}:${value.of}}`;
    case 'concat':
      return value.parts.map((part) => renderWith(part, literal)).join('');
    default:
      return assertNever(value);
  }
}
