/**
 * Signed manifests. The signed text is the manifest without its `signature`, as `jq 'del(.signature)'` writes it: parsed
 * JSON, keys in their order, two blanks for each level, a final newline. Keys that this palhm does not know are part of it.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Manifest } from '../copy/manifest.js';
import { writeJson } from './json-text.js';
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

/**
 * What is wrong with the signature of a manifest, after "the manifest"; undefined when one of the keys made it. The manifest is
 * one of `parseManifest`, with all keys of its text.
 */
export function checkSignature(
  { signature, ...others }: Manifest,
  keys: readonly KeyObject[],
): string | undefined {
  if (signature === undefined) return 'is not signed';
  const key = keys.find((one) => fingerprintOf(one) === signature.key);
  if (key === undefined) return `is signed with the key ${signature.key}, which is not trusted`;
  const bytes = Buffer.from(signature.value, 'base64');
  // Several Base64 texts decode to the same bytes. Only the canonical one is accepted.
  const isExact = bytes.toString('base64') === signature.value;
  const signed = Buffer.from(writeJson(others));
  if (isExact && verify(null, signed, publicHalf(key), bytes)) return undefined;
  return 'has been changed since it was signed, or its signature has';
}

function publicHalf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}
