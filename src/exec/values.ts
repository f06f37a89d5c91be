/**
 * Turns the typed references of a Plan into strings when a stage starts, not earlier. It remembers which of them are
 * secret, so that the output of a program cannot carry a secret into a log.
 */
import { join } from 'node:path';
import { renderValue } from '../config/plan/render-value.js';
import type { Value } from '../config/plan/value.js';
import { assertNever, Failure, messageOf } from '../failure/failure.js';
import { readSmallFile } from '../host/small-file.js';
import type { Facts } from './facts.js';

/** Variables by name. A variable that is undefined is not set, as in `process.env` and `spawn`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where values come from. */
export interface ValueSources {
  readonly facts: Facts;
  /** The environment that stages inherit. Variables and the directory of credentials are looked up in it. */
  readonly inherited: Environment;
  /** Learns each secret. */
  readonly redactor: Redactor;
  /** Ends the wait for a file that is a FIFO, or on a mount that does not answer. */
  readonly signal?: AbortSignal | undefined;
}

/** Replaces secrets, and each line of a secret, in texts. It learns each secret when that is resolved. */
export interface Redactor {
  learn(secret: string, reference: string): void;
  redact(text: string): string;
}

/** Replacing shorter secrets would damage ordinary words. */
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
      // The longest first: a secret may be the beginning of a longer one, whose rest would stay.
      const longestFirst = [...secrets].sort(([one], [other]) => other.length - one.length);
      return longestFirst.reduce(
        (clean, [secret, reference]) => clean.replaceAll(secret, () => reference),
        text,
      );
    },
  };
}

/** Failure REFERENCE_UNRESOLVED when the variable, file or credential does not exist. */
export async function resolveValue(value: Value, sources: ValueSources): Promise<string> {
  const { facts, inherited, redactor } = sources;
  switch (value.type) {
    case 'literal':
      return value.text;
    case 'concat':
      return (await Promise.all(value.parts.map((part) => resolveValue(part, sources)))).join('');
    case 'run':
      return facts.get(value.what) ?? failToResolve(value, `there is no ${value.what} here`);
    case 'env': {
      const text =
        inherited[value.name] ?? failToResolve(value, 'the environment variable is not set');
      if (value.secret) redactor.learn(text, renderValue(value));
      return text;
    }
    case 'file':
      return await readSecret(value, value.path, sources);
    case 'credential':
      return await readSecret(
        value,
        join(credentialsDirectory(value, inherited), value.name),
        sources,
      );
    default:
      return assertNever(value);
  }
}

function credentialsDirectory(value: Value, inherited: Environment): string {
  return (
    inherited['CREDENTIALS_DIRECTORY'] ??
    failToResolve(
      value,
      'CREDENTIALS_DIRECTORY is not set: systemd sets it for a unit with LoadCredential=',
    )
  );
}

/** More than the kernel takes as one argument or variable (MAX_ARG_STRLEN of execve(2)). */
const LARGEST_SECRET = 1024 ** 2;

/** The text of a file without its last line break: editors add one, and it is not part of a password. */
async function readSecret(
  value: Value,
  path: string,
  { redactor, signal }: ValueSources,
): Promise<string> {
  const file = { largest: LARGEST_SECRET, mayBePipe: true, signal };
  const bytes = await readSmallFile(path, file).catch((error: unknown) => {
    signal?.throwIfAborted();
    return failToResolve(value, messageOf(error));
  });
  const secret = bytes.toString().replace(/\r?\n$/, '');
  if (secret.includes('\0'))
    failToResolve(value, 'the file has a NUL byte, which no argument can hold');
  redactor.learn(secret, renderValue(value));
  return secret;
}

function failToResolve(value: Value, why: string): never {
  throw new Failure({
    code: 'REFERENCE_UNRESOLVED',
    message: `cannot resolve ${renderValue(value)}: ${why}`,
  });
}
