/** `palhm show --json`: one copy. */
import type { Copy } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import { encodeListedCopy } from './copies.js';

export type CopyJson = Readonly<ReturnType<typeof encodeCopy>>;

/** What restores an object. */
interface RestoreLine {
  readonly path: string;
  readonly line: string;
  readonly inCopy: boolean;
  /** True: it is not to be used. */
  readonly suspect: boolean;
}

export interface CopyAsFound {
  readonly copy: Copy;
  /** Undefined for a copy without a manifest. */
  readonly manifest: Manifest | undefined;
  readonly lines: readonly RestoreLine[];
}

export function encodeCopy({ copy, manifest, lines }: CopyAsFound) {
  return {
    copy: encodeListedCopy(copy),
    manifest: manifest ?? null,
    lines: lines.map(({ path, line, inCopy, suspect }) => ({
      object: path,
      line: suspect ? null : line,
      in_copy: inCopy,
    })),
  };
}
