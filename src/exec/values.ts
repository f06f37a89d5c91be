/**
 * Turns the typed references of a Plan into strings, at the moment a stage starts and not earlier, and remembers which
 * of them are secret, so that nothing a program prints can carry one into a log.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderValue } from '../config/plan/render-value.js';
import type { Value } from '../config/plan/value.js';
import { assertNever, Failure, messageOf } from '../failure/failure.js';
import type { Facts } from './facts.js';

/** Variables by name. One without a value is not set, as in Node's own `process.env` and `spawn`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where values come from. */
export interface ValueSources {
  readonly facts: Facts;
  /** The environment that stages inherit, and in which variables and the directory of credentials are looked up. */
  readonly inherited: Environment;
  /** Learns what is secret. */
  readonly redactor: Redactor;
}

/** Replaces secrets, and each line of one, in text; starts empty and learns each secret as it is resolved. */
export interface Redactor {
  learn(secret: string, reference: string): void;
  redact(text: string): string;
}

/** Shorter secrets would mangle ordinary words. */
const SHORTEST_SECRET = 4;

export function createRedactor(): Redactor {
  const secrets = new Map<string, string>();
  return {
    learn(secret, reference) {
      for (const part of [secret, ...secret.split(/\r?\n/)]) {
        if (part.length >= SHORTEST_SECRET) secrets.set(part, reference);
      }
    },
    redact(text) {
      // The longest first: one secret may be the beginning of another, whose end would be left.
      const longestFirst = [...secrets].sort(([one], [other]) => other.length - one.length);
      return longestFirst.reduce(
        (clean, [secret, reference]) => clean.replaceAll(secret, () => reference),
        text,
      );
    },
  };
}

/** Failure REFERENCE_UNRESOLVED when the variable, file or credential is not there. */
export async function resolveValue(value: Value, sources: ValueSources): Promise<string> {
  const { facts, inherited, redactor } = sources;
  switch (value.type) {
    case 'literal':
      return value.text;
    case 'concat':
      return (await Promise.all(value.parts.map((part) => resolveValue(part, sources)))).join('');
    case 'run':
      return facts.get(value.what) ?? unresolved(value, `there is no ${value.what} here`);
    case 'env': {
      const text =
        inherited[value.name] ?? unresolved(value, 'the environment variable is not set');
      if (value.secret) redactor.learn(text, renderValue(value));
      return text;
    }
    case 'file':
      return await readSecret(value, value.path, redactor);
    case 'credential':
      return await readSecret(
        value,
        join(credentialsDirectory(value, inherited), value.name),
        redactor,
      );
    default:
      return assertNever(value);
  }
}

function credentialsDirectory(value: Value, inherited: Environment): string {
  return (
    inherited['CREDENTIALS_DIRECTORY'] ??
    unresolved(
      value,
      'CREDENTIALS_DIRECTORY is not set: systemd sets it for a unit with LoadCredential=',
    )
  );
}

/** The file's text without its last line break, which editors add and passwords do not have. */
async function readSecret(value: Value, path: string, redactor: Redactor): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) =>
    unresolved(value, messageOf(error)),
  );
  const secret = text.replace(/\r?\n$/, '');
  if (secret.includes('\0'))
    unresolved(value, 'the file has a NUL byte, which no argument can hold');
  redactor.learn(secret, renderValue(value));
  return secret;
}

function unresolved(value: Value, why: string): never {
  throw new Failure({
    code: 'REFERENCE_UNRESOLVED',
    message: `cannot resolve ${renderValue(value)}: ${why}`,
  });
}
