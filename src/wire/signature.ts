/**
 * Signed manifests. The signed text is the manifest without its `signature`, as `jq 'del(.signature)'` writes it: parsed
 * JSON, keys in their order, two blanks for each level, a final newline. Keys that this palhm does not know are part of it.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Manifest } from '../copy/manifest.js';
import { renderManifest } from './manifest.js';

/** The SHA-256 of the public key in DER (SubjectPublicKeyInfo), in lower-case hex. */
export function fingerprintOf(key: KeyObject): string {
  const der = publicHalf(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}

/** Returns the manifest with a signature by a private Ed25519 key. */
export function signManifest(manifest: Manifest, privateKey: KeyObject): Manifest {
  const { signature: _, ...unsigned } = manifest;
  const value = sign(null, Buffer.from(renderManifest(unsigned)), privateKey).toString('base64');
  const signature = { algorithm: 'ed25519', key: fingerprintOf(privateKey), value } as const;
  return { ...unsigned, signature };
}

/** What is wrong with the signature of a valid manifest, after "the manifest". Undefined when one of the keys made it. */
export function checkSignature(text: string, keys: readonly KeyObject[]): string | undefined {
  const { signed, signature } = splitManifest(JSON.parse(text));
  if (signature === undefined) return 'is not signed';
  const key = keys.find((one) => fingerprintOf(one) === signature.key);
  if (key === undefined) return `is signed with the key ${signature.key}, which is not trusted`;
  const bytes = Buffer.from(signature.value, 'base64');
  // Several Base64 texts decode to the same bytes. Only the canonical one is accepted.
  const isExact = bytes.toString('base64') === signature.value;
  if (isExact && verify(null, Buffer.from(signed), publicHalf(key), bytes)) return undefined;
  return 'has been changed since it was signed, or its signature has';
}

/** The text that is signed, and the signature; undefined when the manifest has none. */
function splitManifest(parsed: unknown) {
  const entries = Object.entries(isObject(parsed) ? parsed : {});
  const others = entries.filter(([key]) => key !== 'signature');
  const signature = entries.find(([key]) => key === 'signature')?.[1];
  const signed = `${JSON.stringify(Object.fromEntries(others), undefined, 2)}\n`;
  if (!isObject(signature)) return { signed, signature: undefined };
  return {
    signed,
    signature: { key: String(signature['key']), value: String(signature['value']) },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function publicHalf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}
