/** Turns the typed references of a Plan into strings. What is secret of them is learnt by the redactor of the operation. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { renderValue } from '../config/plan/render-value.js';
import type { Value } from '../config/plan/value.js';
import { assertNever, Failure, isErrno, messageOf } from '../failure/failure.js';
import { readSmallFile } from '../host/small-file.js';
import { decodeUtf8, isGarbled } from '../units/utf8.js';
import type { Facts, SnapshotFacts } from './facts.js';
import type { Redactor } from './redactor.js';

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
  /** Gets a sentence when a file is waited for. */
  readonly onWait?: ((message: string) => void) | undefined;
}

/** Failure REFERENCE_UNRESOLVED when the variable, file or credential does not exist, or is nothing that can be handed on. */
export async function resolveValue(value: Value, sources: ValueSources): Promise<string> {
  const { facts, inherited, redactor } = sources;
  switch (value.type) {
    case 'literal':
      return value.text;
    case 'concat':
      return (await Promise.all(value.parts.map((part) => resolveValue(part, sources)))).join('');
    case 'run':
      return (
        facts.get(value.what) ??
        failToResolve(value, `there is no ${value.what} here`, NAME_NO_FACT)
      );
    case 'snapshot':
      return (
        factOfSnapshot(value, facts.snapshot) ??
        failToResolve(value, 'there is no such snapshot here', NAME_NO_FACT)
      );
    case 'env': {
      const text =
        inherited[value.name] ??
        failToResolve(value, 'the environment variable is not set', adviseOnVariable(value.name));
      if (isGarbled(text))
        failToResolve(value, 'the value of the variable is not UTF-8', PUT_INTO_FILE);
      if (text.startsWith(BYTE_ORDER_MARK))
        failToResolve(value, 'the variable begins with a byte order mark', 'set it without one');
      if (!value.secret) return text;
      if (isBlank(text)) failToResolve(value, 'the variable is empty', EMPTY_VARIABLE);
      redactor.learn(text, renderValue(value));
      return text;
    }
    case 'file':
    case 'credential':
      return await readSecret(value, pathOfSecret(value, inherited), sources);
    default:
      return assertNever(value);
  }
}

/** With what is known of the run and its snapshot in place of references: it is no secret, and people have to see it. */
export function fillFacts(value: Value, facts: Facts): Value {
  if (value.type === 'run') return asLiteral(facts.get(value.what)) ?? value;
  if (value.type === 'snapshot') return asLiteral(factOfSnapshot(value, facts.snapshot)) ?? value;
  if (value.type !== 'concat') return value;
  return { type: 'concat', parts: value.parts.map((part) => fillFacts(part, facts)) };
}

function asLiteral(text: string | undefined): Value | undefined {
  return text === undefined ? undefined : { type: 'literal', text };
}

function factOfSnapshot(
  { what, of }: Extract<Value, { readonly type: 'snapshot' }>,
  snapshot: SnapshotFacts | undefined,
): string | undefined {
  return of === undefined ? snapshot?.[what] : snapshot?.volumes?.get(of)?.[what];
}

/** A secret that is the text of a file. */
export type SecretFile = Extract<Value, { readonly type: 'file' | 'credential' }>;

/** Failure REFERENCE_UNRESOLVED for a credential where there are none. */
export function pathOfSecret(value: SecretFile, inherited: Environment): string {
  if (value.type === 'file') return value.path;
  const directory = inherited['CREDENTIALS_DIRECTORY'];
  if (directory !== undefined) return join(directory, value.name);
  const why = 'CREDENTIALS_DIRECTORY is not set: systemd sets it for a unit with LoadCredential=';
  const hint = `run palhm by its unit, or with: systemd-run --pty -p LoadCredential=${value.name}:PATH palhm …`;
  return failToResolve(value, why, hint);
}

/** More than the kernel takes as one argument or variable (MAX_ARG_STRLEN of execve(2)). */
const LARGEST_SECRET = 1024 ** 2;

/** The text of a file without its last line break: editors add one, and it is not part of a password. */
async function readSecret(
  value: SecretFile,
  path: string,
  { redactor, signal, onWait }: ValueSources,
): Promise<string> {
  const message = `still waiting for ${renderValue(value)}: nobody has written all of it yet, or its mount does not answer`;
  const file = {
    largest: LARGEST_SECRET,
    mayBePipe: true,
    signal,
    onWait: () => onWait?.(message),
  };
  const bytes = await readSmallFile(path, file).catch((error: unknown) => {
    signal?.throwIfAborted();
    return failToResolve(value, messageOf(error), adviseOnFile(value, path, error));
  });
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) failToResolve(value, `the file ${decoded.problem}`, GIVE_THE_FILE);
  const secret = decoded.value.replace(/\r?\n$/, '');
  if (secret.startsWith(BYTE_ORDER_MARK))
    failToResolve(
      value,
      'the file begins with a byte order mark, which is no part of a secret',
      SAVE,
    );
  if (secret.includes('\0'))
    failToResolve(value, 'the file has a NUL byte, which no argument can hold', GIVE_THE_FILE);
  if (isBlank(secret)) await failAsEmpty(value, path);
  redactor.learn(secret, renderValue(value));
  return secret;
}

/** A program would take it for a secret: openssl encrypts with an empty passphrase. */
function isBlank(secret: string): boolean {
  return secret.trim() === '';
}

async function failAsEmpty(value: SecretFile, path: string): Promise<never> {
  const isDevice = await stat(path).then((file) => file.isCharacterDevice());
  return isDevice
    ? failToResolve(value, 'a device holds no secret', `name a file in place of ${path}`)
    : failToResolve(value, 'the file is empty', `write the secret into ${path}`);
}

function adviseOnFile({ type }: SecretFile, path: string, error: unknown): string {
  if (isErrno(error, 'ENOENT', 'ENOTDIR'))
    return type === 'file'
      ? `write the secret into ${path}, or mend the path in the config`
      : `add LoadCredential= with its name to the unit, or mend the name in the config`;
  if (isErrno(error, 'EACCES', 'EPERM'))
    return `let the user that palhm runs as read ${path}: see its owner and mode, and those of the directories above it`;
  if (isErrno(error, 'EFBIG')) return GIVE_THE_FILE;
  return `see what ${path} is: a secret is the text of a file`;
}

function adviseOnVariable(name: string): string {
  return `set ${name} where palhm is started, in its unit with Environment= or EnvironmentFile=, or mend the name in the config`;
}

const EMPTY_VARIABLE =
  'set it where palhm is started, or give the reference "secret": false when it may be empty';
const NAME_NO_FACT = 'name in "run" only what is there where the program runs';

/** Editors of Windows write one. No program would take it for a part of a password. */
const BYTE_ORDER_MARK = '\uFEFF';

const GIVE_THE_FILE =
  'give the program the file itself, with an option such as --defaults-extra-file or --passphrase-file';
const PUT_INTO_FILE =
  'put it into a file, and give the program that, with an option such as --passphrase-file';
const SAVE = 'save it without one, or give the program the file itself';

function failToResolve(value: Value, why: string, hint: string): never {
  throw new Failure({
    code: 'REFERENCE_UNRESOLVED',
    message: `cannot resolve ${renderValue(value)}: ${why}`,
    hint,
  });
}
