/** Whether copies are whole, found out without palhm's own code: by the manifest's sizes and hashes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Described {
  readonly objects: readonly {
    readonly path: string;
    readonly size: number;
    readonly sha256: string;
  }[];
}

/** What is wrong with a copy: nothing, when it is whole. */
export function findDamage(copy: string): readonly string[] {
  try {
    const text = readFileSync(join(copy, '.palhm-manifest.json'), 'utf8');
    const { objects } = JSON.parse(text) as Described;
    if (objects.length === 0) return [`${copy}: no objects`];
    return objects.flatMap(({ path, size, sha256 }) => {
      const bytes = readFileSync(join(copy, path));
      const hash = createHash('sha256').update(bytes).digest('hex');
      return bytes.length === size && hash === sha256
        ? []
        : [`${copy}/${path}: ${bytes.length} bytes, ${hash}; should be ${size}, ${sha256}`];
    });
  } catch (error) {
    return [`${copy}: ${String(error)}`];
  }
}
