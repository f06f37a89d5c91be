/** Chooses which objects of a copy are restored, and in which order. */
import type { ManifestGroup } from '../../copy/manifest.js';
import { Failure } from '../../failure/failure.js';
import type { ScheduledGroup } from '../objects/schedule.js';
import type { CopyObject } from './source.js';

const MOST_NAMES = 20;

/** By their paths, or by the paths of their directories; all when nothing is named. Failure USAGE, NOT_RESTORABLE. */
export function selectObjects(
  objects: readonly CopyObject[],
  wanted: readonly string[],
): readonly CopyObject[] {
  if (objects.length === 0) throw nothingToRestore();
  if (wanted.length === 0) return objects;
  const names = wanted.map((name) => name.replace(/\/+$/, ''));
  const isNamed = (path: string, name: string): boolean =>
    path === name || path.startsWith(`${name}/`);
  const missing = names.filter((name) => !objects.some(({ path }) => isNamed(path, name)));
  if (missing.length > 0) throw unknownObjects(missing, objects);
  return objects.filter(({ path }) => names.some((name) => isNamed(path, name)));
}

/**
 * The objects in the groups of the manifest. Manifests of earlier versions do not say which group depends on which: their
 * groups come one after the other, in the order in which they were made.
 */
export function orderGroups<T extends Pick<CopyObject, 'group' | 'started'>>(
  objects: readonly T[],
  declared: readonly ManifestGroup[] | undefined,
): readonly ScheduledGroup<T>[] {
  const byGroup = groupObjects(objects);
  const known = declared ?? [];
  const rest = [...byGroup.keys()].filter((id) => !known.some((group) => group.id === id));
  const startOf = (id: string): number =>
    (byGroup.get(id) ?? []).reduce((first, { started }) => Math.min(first, started), Infinity);
  rest.sort((one, other) => startOf(one) - startOf(other));
  const chained = rest.map((id, index) => ({
    id,
    depends: index === 0 ? known.map((group) => group.id) : rest.slice(index - 1, index),
  }));
  return [...known, ...chained].map(({ id, depends }) => ({
    id,
    depends,
    objects: byGroup.get(id) ?? [],
  }));
}

function groupObjects<T extends Pick<CopyObject, 'group'>>(
  objects: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const byGroup = new Map<string, T[]>();
  for (const object of objects) {
    const own = byGroup.get(object.group) ?? [];
    own.push(object);
    byGroup.set(object.group, own);
  }
  return byGroup;
}

function nothingToRestore(): Failure {
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: 'the copy has no objects: there is nothing to restore',
    hint: 'name another copy with --copy',
  });
}

function unknownObjects(missing: readonly string[], objects: readonly CopyObject[]): Failure {
  const names = objects.slice(0, MOST_NAMES).map(({ path }) => path);
  const more = objects.length - names.length;
  return new Failure({
    code: 'USAGE',
    message: `the copy has no object ${missing.map((name) => JSON.stringify(name)).join(', ')}`,
    hint: `its objects are: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}. A task stands before --object, which takes all words after it`,
  });
}
