/** `palhm show --json`: one copy. */
import type { Copy } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import { encodeListedCopy } from './copies.js';

export type CopyJson = Readonly<ReturnType<typeof encodeCopy>>;

/** The manifest is undefined for a copy of the original PALHM. */
export function encodeCopy(copy: Copy, manifest: Manifest | undefined) {
  return { copy: encodeListedCopy(copy), manifest: manifest ?? null };
}
