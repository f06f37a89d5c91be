import { lstat } from 'node:fs/promises';
import { isOwnPath } from '../../../copy/object-path.js';
import { walkTree } from '../../../host/walk-tree.js';
import type { StoredPiece } from '../../sink.js';

/** Everything below a directory except directories and palhm's own files, sorted by path. */
export async function listPieces(
  directory: string,
  signal?: AbortSignal,
): Promise<readonly StoredPiece[]> {
  const pieces: StoredPiece[] = [];
  for await (const { path, place, kind } of walkTree(directory, signal)) {
    if (kind.isDirectory() || isOwnPath(path)) continue;
    pieces.push({ path, size: kind.isFile() ? (await lstat(place)).size : undefined });
  }
  return pieces.sort((a, b) => (a.path < b.path ? -1 : 1));
}
