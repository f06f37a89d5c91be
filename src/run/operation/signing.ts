/** The keys of a task that signs: from where its config says, checked before anything is done with them. */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { BackupPlan, SignPlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { Value } from '../../config/plan/value.js';
import type { Manifest } from '../../copy/manifest.js';
import { factsOf } from '../../exec/facts.js';
import { createRedactor, resolveValue } from '../../exec/values.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { checkSignature, signManifest } from '../../wire/signature.js';
import type { Operation } from './operation.js';

/** What is wrong with the signature of a manifest, from its text; undefined when nothing is. */
export type SignatureCheck = (manifestText: string) => string | undefined;

/** Undefined for a task that does not sign. Failure KEY_INVALID, REFERENCE_UNRESOLVED. */
export async function loadSignatureCheck(
  { host }: Pick<Operation, 'host'>,
  { id, sign }: Pick<BackupPlan, 'id' | 'sign'>,
): Promise<SignatureCheck | undefined> {
  if (sign === undefined) return undefined;
  const values = [sign.key, ...sign.trusted];
  const keys = await Promise.all(values.map((value) => loadKey({ value, sign, task: id, host })));
  return (text) => checkSignature(text, keys);
}

/** A check against the one key of a file, for a copy whose task is in no config. Failure KEY_INVALID. */
export async function loadKeyFile(path: string): Promise<SignatureCheck> {
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw badFile(path, messageOf(error));
  });
  const key = parseKey(pem);
  if (key?.asymmetricKeyType !== 'ed25519') throw badFile(path, 'is no Ed25519 key in PEM');
  return (text) => checkSignature(text, [key]);
}

function badFile(path: string, why: string): Failure {
  return new Failure({
    code: 'KEY_INVALID',
    message: `the key in ${path} cannot be used: ${why}`,
    hint: 'make it of the private one with: openssl pkey -in sign.pem -pubout -out sign.pub',
  });
}

/** What signs the manifests of a task. Failure KEY_INVALID, also for a public key: that signs nothing. */
export async function loadSigner(
  { host }: Pick<Operation, 'host'>,
  { id, sign }: BackupPlan,
): Promise<(manifest: Manifest) => Manifest> {
  if (sign === undefined) return (manifest) => manifest;
  const wanted = { value: sign.key, sign, task: id, host };
  const key = await loadKey(wanted);
  if (key.type === 'private') return (manifest) => signManifest(manifest, key);
  throw invalid(wanted, 'is a public key, with which copies are checked, not made');
}

interface WantedKey {
  readonly value: Value;
  readonly sign: SignPlan;
  readonly task: string;
  readonly host: Operation['host'];
}

async function loadKey(wanted: WantedKey): Promise<KeyObject> {
  // Nothing that this redactor learns is ever shown, and neither is the error that a key makes: it may quote it.
  const { name, environment: inherited } = wanted.host;
  const facts = factsOf({ task: wanted.task, host: name });
  const sources = { facts, inherited, redactor: createRedactor() };
  const pem = await resolveValue(wanted.value, sources);
  const key = parseKey(pem);
  if (key === undefined) throw invalid(wanted, 'is not a key in PEM, or one with a passphrase');
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw invalid(wanted, `is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not Ed25519`);
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)
      ? createPrivateKey(pem)
      : createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function invalid({ value, sign, task }: WantedKey, what: string): Failure {
  return new Failure({
    code: 'KEY_INVALID',
    message: `the key ${renderValue(value)} of task "${task}" ${what}`,
    hint: 'make one with: openssl genpkey -algorithm ed25519 -out sign.pem',
    place: sign.place,
  });
}
