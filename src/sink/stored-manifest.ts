/** What every backend that stores manifests does with the text of one. */
import pLimit from 'p-limit';
import type { Manifest } from '../copy/manifest.js';
import { Failure } from '../failure/failure.js';
import { collectGarbage } from '../host/collect-garbage.js';
import { formatSize } from '../units/bytes.js';
import { quoteForShell } from '../units/shell-quote.js';
import { findExcess } from '../wire/bounds.js';
import { LARGEST } from '../wire/decode.js';
import { orderManifest, renderManifest } from '../wire/manifest.js';
import { parseManifest } from '../wire/parse-manifest.js';
import type { SinkContext } from './sink.js';

/** The part of the context that reading a manifest needs. */
export type SignatureContext = Pick<SinkContext, 'checkSignature'>;

/** Bytes. The same limit holds for what is written, so that no copy of palhm is refused for the size of its manifest. */
export const LARGEST_MANIFEST = LARGEST.manifest;

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

/** The text of a manifest that is to be stored. Failure MANIFEST_TOO_LARGE when palhm would not read it again. */
export function renderStoredManifest(manifest: Manifest): string {
  const text = renderManifest(manifest);
  confirmManifestSize(Buffer.byteLength(text));
  const excess = findExcess(text, LARGEST_MANIFEST);
  if (excess !== undefined) throw tooLargeToStore(excess);
  return text;
}

/** `size`: the bytes of a manifest, or of a part of one. Failure MANIFEST_TOO_LARGE. */
export function confirmManifestSize(size: number): void {
  if (size > LARGEST_MANIFEST)
    throw tooLargeToStore(`is larger than ${formatSize(LARGEST_MANIFEST)}`);
}

function tooLargeToStore(excess: string): Failure {
  return new Failure({
    code: 'MANIFEST_TOO_LARGE',
    message: `the manifest of this copy ${excess}, and palhm would not read it again`,
    hint: 'make fewer objects, such as one archive of many files, or several tasks with a root each',
  });
}

/** Parses the text of a manifest and checks its signature. Failure MANIFEST_INVALID, SIGNATURE_INVALID. */
export function openManifest(text: string, context: SignatureContext): Manifest {
  return orderManifest(openRawManifest(text, context));
}

/** The same, but with its keys as they are: for a summary there is no need to copy it. */
export function openRawManifest(text: string, { checkSignature }: SignatureContext): Manifest {
  const manifest = parseManifest(text);
  const problem = checkSignature?.(manifest);
  if (problem === undefined) return manifest;
  throw new Failure({
    code: 'SIGNATURE_INVALID',
    message: `The manifest ${problem}.`,
    hint: 'find out who wrote it; nothing of this copy is used before',
  });
}

interface ReadManifest {
  /** Where the manifest lies, for people. */
  readonly place: string;
  /** Empty where it is not known. */
  readonly task: string;
}

/** For whoever asked for this one copy: a manifest that cannot be used is named, with what is left to do. */
export async function explainManifest<T>(
  { place, task }: ReadManifest,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const details = error.message.includes(place) ? [] : [`It is ${place}.`];
    if (error.code === 'SIGNATURE_INVALID') throw error.withDetails(details);
    if (error.code !== 'MANIFEST_INVALID') throw error;
    const words = task === '' ? 'TASK' : quoteForShell(task);
    throw error.withDetails(details).as({
      hint: `take another copy: "palhm list ${words}" shows them, "palhm verify ${words} --copy all" says which are whole; the objects beside this manifest may be whole all the same`,
      cause: error.cause,
    });
  }
}

/** Bytes. The manifest of 2,500 objects is smaller. */
const LARGE = 4 * 1024 * 1024;
const oneAtATime = pLimit(1);

/** Reads large manifests one after the other, from the text to what is kept of it: a listing has the memory for one. */
export function readInTurn<T>(size: number, read: () => Promise<T>): Promise<T> {
  return size > LARGE ? oneAtATime(() => read().finally(collectGarbage)) : read();
}
