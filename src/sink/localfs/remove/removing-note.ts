/**
 * Removes a copy where it is, for a directory that cannot be renamed: on overlayfs one of a lower layer. An empty file in the
 * root, `.palhm-removing.PREFIX`, says that what has this name and no manifest is the rest of a copy. It is written first, then
 * the manifest goes, in one step, then the tree, then the note. As long as the manifest is there, the note says nothing.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import { isErrno } from '../../../failure/failure.js';
import {
  exists,
  makeFile,
  removeTree,
  syncDirectory,
  whileWritable,
} from '../../../host/durable-files.js';
import { removingName } from '../names.js';

const NOTE_MODE = 0o600;

/** True for the rest of a copy. To be asked once the manifest was looked for, and before anything else is. */
export function isBeingRemoved(root: string, name: string): Promise<boolean> {
  return exists(join(root, removingName(name)));
}

/** The note may have come with the directory from another disk, or name what is no rest of a copy. */
export function sayRest(name: string): string {
  return `is the rest of a copy that was being removed, says ${removingName(name)}: without that file it is judged by what is in it`;
}

/** Returns when the copy is none any more. The tree is still there. */
export async function takeManifestOut(root: string, name: string): Promise<void> {
  await writeNote(root, name);
  const directory = join(root, name);
  await whileWritable(directory, () => rm(join(directory, MANIFEST_NAME), { force: true }));
  await syncDirectory(directory);
}

async function writeNote(root: string, name: string): Promise<void> {
  try {
    const handle = await makeFile(join(root, removingName(name)), NOTE_MODE);
    await handle.close();
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  await syncDirectory(root);
}

/** Removes the tree, if it is there, and then the note. */
export async function removeRest(root: string, name: string): Promise<void> {
  await removeTree(join(root, name));
  await syncDirectory(root);
  await removeNote(root, name);
}

export async function removeNote(root: string, name: string): Promise<void> {
  await rm(join(root, removingName(name)), { force: true });
}
