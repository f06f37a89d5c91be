/** Loads the keys of a task that signs, and checks them before they are used. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { BackupPlan, SignPlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { Value } from '../../config/plan/value.js';
import type { Manifest } from '../../copy/manifest.js';
import { factsOf } from '../../exec/facts.js';
import { resolveValue } from '../../exec/values.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { readSmallFile } from '../../host/small-file.js';
import type { SinkContext } from '../../sink/sink.js';
import { checkSignature, signManifest } from '../../wire/signature.js';
import type { Operation } from './operation.js';

/** Says what is wrong with the signature of a manifest; undefined when it is good. */
export type SignatureCheck = NonNullable<SinkContext['checkSignature']>;

/** Undefined for a task that does not sign. Failure KEY_INVALID, REFERENCE_UNRESOLVED. */
export async function loadSignatureCheck(
  { host, redactor, signal, emit }: Pick<Operation, 'host' | 'redactor' | 'signal' | 'emit'>,
  { id, sign }: Pick<BackupPlan, 'id' | 'sign'>,
): Promise<SignatureCheck | undefined> {
  if (sign === undefined) return undefined;
  const values = [sign.key, ...sign.trusted];
  const keys = await Promise.all(
    values.map((value) => loadKey({ value, sign, task: id, host, redactor, signal, emit })),
  );
  return (manifest) => checkSignature(manifest, keys);
}

/** In bytes. An Ed25519 key in PEM has 113. */
const LARGEST_KEY = 64 * 1024;

/** A check against the one key of a file, for a copy whose task is in no config. Failure KEY_INVALID. */
export async function loadKeyFile(
  path: string,
  { emit, signal }: Pick<Operation, 'emit' | 'signal'>,
): Promise<SignatureCheck> {
  const message = `still waiting for the key: nobody has written it into ${path} yet`;
  const onWait = (): void => emit({ type: 'warning', message, details: [] });
  const file = { largest: LARGEST_KEY, mayBePipe: true, signal, onWait };
  const pem = await readSmallFile(path, file).catch((error: unknown) => {
    signal.throwIfAborted();
    throw badFile(path, messageOf(error));
  });
  const key = parseKey(pem.toString());
  if (key?.asymmetricKeyType !== 'ed25519') throw badFile(path, 'is no Ed25519 key in PEM');
  return (manifest) => checkSignature(manifest, [key]);
}

function badFile(path: string, why: string): Failure {
  return new Failure({
    code: 'KEY_INVALID',
    message: `the key in ${path} cannot be used: ${why}`,
    hint: 'make it of the private one with: openssl pkey -in sign.pem -pubout -out sign.pub',
  });
}

/** Returns what signs the manifests of a task. Failure KEY_INVALID, also for a public key, which cannot sign. */
export async function loadSigner(
  { host, redactor, signal, emit }: Pick<Operation, 'host' | 'redactor' | 'signal' | 'emit'>,
  { id, sign }: BackupPlan,
): Promise<(manifest: Manifest) => Manifest> {
  if (sign === undefined) return (manifest) => manifest;
  const request = { value: sign.key, sign, task: id, host, redactor, signal, emit };
  const key = await loadKey(request);
  if (key.type === 'private') return (manifest) => signManifest(manifest, key);
  throw invalid(request, 'is a public key, with which copies are checked, not made');
}

interface KeyRequest {
  readonly value: Value;
  readonly sign: SignPlan;
  readonly task: string;
  readonly host: Operation['host'];
  readonly redactor: Operation['redactor'];
  readonly signal: AbortSignal;
  readonly emit: Operation['emit'];
}

async function loadKey(request: KeyRequest): Promise<KeyObject> {
  // The error of a key is not shown: it may quote the key.
  const { task, redactor, signal, emit } = request;
  const { name, environment: inherited } = request.host;
  const onWait = (message: string): void => emit({ type: 'warning', message, details: [] });
  const sources = { facts: factsOf({ task, host: name }), inherited, redactor, signal, onWait };
  const pem = await resolveValue(request.value, sources);
  const key = parseKey(pem);
  if (key === undefined) throw invalid(request, 'is not a key in PEM, or one with a passphrase');
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw invalid(request, `is a key of type ${key.asymmetricKeyType ?? 'unknown'}, not Ed25519`);
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

function invalid({ value, sign, task }: KeyRequest, what: string): Failure {
  return new Failure({
    code: 'KEY_INVALID',
    message: `the key ${renderValue(value)} of task "${task}" ${what}`,
    hint: 'make one with: openssl genpkey -algorithm ed25519 -out sign.pem',
    place: sign.place,
  });
}
