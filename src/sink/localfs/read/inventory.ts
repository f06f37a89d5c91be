import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isOwnPath } from '../../../copy/object-path.js';
import type { StoredPiece } from '../../sink.js';

/** Everything below a directory except directories and palhm's own files, sorted by path. */
export async function listPieces(
  directory: string,
  signal?: AbortSignal,
): Promise<readonly StoredPiece[]> {
  const pieces = await piecesBelow({ directory, base: '' }, signal);
  return pieces.filter(({ path }) => !isOwnPath(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function piecesBelow(
  { directory, base }: { readonly directory: string; readonly base: string },
  signal: AbortSignal | undefined,
): Promise<StoredPiece[]> {
  signal?.throwIfAborted();
  const pieces: StoredPiece[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = base + entry.name;
    const place = join(directory, entry.name);
    if (entry.isDirectory())
      pieces.push(...(await piecesBelow({ directory: place, base: `${path}/` }, signal)));
    else pieces.push({ path, size: entry.isFile() ? (await lstat(place)).size : undefined });
  }
  return pieces;
}
