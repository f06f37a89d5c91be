/** What every backend that stores manifests does with the text of one. */
import type { Manifest } from '../copy/manifest.js';
import { Failure } from '../failure/failure.js';
import { formatSize } from '../units/bytes.js';
import { parseManifest } from '../wire/parse-manifest.js';
import type { SinkContext } from './sink.js';

/** The part of the context that reading a manifest needs. */
export type SignatureContext = Pick<SinkContext, 'checkSignature'>;

/** Bytes. The manifest of a hundred thousand objects is smaller. What is larger is no manifest, and no string can hold it. */
export const LARGEST_MANIFEST = 256 * 1024 * 1024;

export function manifestTooLarge(place: string, size: number): Failure {
  return new Failure({
    code: 'MANIFEST_INVALID',
    message: `${place} has ${formatSize(size)}: that is no manifest`,
  });
}

/** Palhm writes no such file. */
export function notUtf8(place: string): Failure {
  return new Failure({ code: 'MANIFEST_INVALID', message: `${place} is not UTF-8` });
}

/** Parses the text of a manifest and checks its signature. Failure MANIFEST_INVALID, SIGNATURE_INVALID. */
export function openManifest(text: string, { checkSignature }: SignatureContext): Manifest {
  const manifest = parseManifest(text);
  const problem = checkSignature?.(text);
  if (problem === undefined) return manifest;
  throw new Failure({
    code: 'SIGNATURE_INVALID',
    message: `The manifest ${problem}.`,
    hint: 'find out who wrote it; nothing of this copy is used before',
  });
}
