/** Compares what lies in a copy with what its manifest names, without reading an object. */
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import type { Problem } from '../../copy/verdict.js';
import type { StoredPiece } from '../../sink/sink.js';
import { piecesOf } from '../objects/bring-back.js';

export interface Comparison {
  /** Of the copy as a whole. */
  readonly problems: readonly Problem[];
  /** By the path of the object: at most one problem each. */
  readonly byObject: ReadonlyMap<string, Problem>;
}

export function comparePieces(manifest: Manifest, inventory: readonly StoredPiece[]): Comparison {
  const stored = new Map(inventory.map((piece) => [piece.path, piece]));
  const owners = countOwners(manifest.objects);
  const byObject = new Map<string, Problem>();
  for (const object of manifest.objects) {
    const text = findProblem(object, stored, owners);
    if (text !== undefined) byObject.set(object.path, { finding: 'damaged', text });
  }
  const strangers = inventory.filter((piece) => !owners.has(piece.path) && !isFolder(piece));
  return {
    problems: strangers.map(({ path }) =>
      damage(`"${path}" lies in the copy but not in its manifest`),
    ),
    byObject,
  };
}

/** How many objects name each piece. */
function countOwners(objects: readonly ManifestObject[]): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const object of objects)
    for (const piece of piecesOf(object)) owners.set(piece, (owners.get(piece) ?? 0) + 1);
  return owners;
}

function findProblem(
  object: ManifestObject,
  stored: ReadonlyMap<string, StoredPiece>,
  owners: ReadonlyMap<string, number>,
): string | undefined {
  const name = `object "${object.path}"`;
  const pieces = piecesOf(object);
  const alien = pieces.find((piece, index) => !isOwn(object, piece, index));
  if (alien !== undefined) return `${name} has "${alien}" among its volumes, which is none of it`;
  const shared = pieces.find((piece) => owners.get(piece) !== 1);
  if (shared !== undefined)
    return `${name} has the volume "${shared}" more than once, or shares it`;
  const missing = pieces.find((piece) => !stored.has(piece));
  if (missing !== undefined) {
    const volume = missing === object.path ? '' : `: its volume "${missing}"`;
    return `${name} is missing from the copy${volume}`;
  }
  const sizes = pieces.map((piece) => stored.get(piece)?.size);
  if (sizes.includes(undefined)) return `${name} is not a regular file of the copy`;
  const size = sizes.reduce((sum: number, one) => sum + (one ?? 0), 0);
  if (size === object.size) return undefined;
  return `${name} has ${size} bytes, the manifest says ${object.size}`;
}

/** `x`, `x.palhm-volume-2`, `x.palhm-volume-3`. */
function isOwn({ path }: ManifestObject, piece: string, index: number): boolean {
  return piece === (index === 0 ? path : `${path}.palhm-volume-${index + 1}`);
}

/** The empty object that a console leaves in a bucket when a person makes a folder. */
function isFolder({ path, size }: StoredPiece): boolean {
  return path.endsWith('/') && size === 0;
}

function damage(text: string): Problem {
  return { finding: 'damaged', text };
}
