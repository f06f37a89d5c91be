/** How large the objects of the last copy were: the best guess for those of the next. */
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import { comparePrefixes, parsePrefix } from '../../../copy/prefix.js';
import { Failure } from '../../../failure/failure.js';
import { parseManifest } from '../../../wire/parse-manifest.js';
import type { ManifestCache } from '../listing.js';
import { type Store } from '../store.js';
import { readText } from '../texts.js';

/** By path; empty when the task has no copy yet, or its manifest cannot be read now: a guess is no reason to fail. */
export async function readLastSizes(
  store: Store,
  task: string,
  cache: ManifestCache,
): Promise<ReadonlyMap<string, number>> {
  const own = [...cache].filter(([, { facts }]) => facts.task === task);
  const prefixes = own.flatMap(([name]) => parsePrefix(name) ?? []).sort(comparePrefixes);
  const last = prefixes.at(-1);
  if (last === undefined) return new Map();
  try {
    const stored = await readText(store, `${store.base}${last.name}/${MANIFEST_NAME}`);
    if (stored === undefined) return new Map();
    return new Map(parseManifest(stored.text).objects.map(({ path, size }) => [path, size]));
  } catch (error) {
    if (error instanceof Failure) return new Map();
    throw error;
  }
}
