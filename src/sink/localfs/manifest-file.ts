import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_NAME, type Manifest, parseManifest } from '../../copy/manifest.js';
import { Failure, isErrno } from '../../failure/failure.js';
import { formatSize } from '../../units/size.js';

/** A hundred thousand objects have less. What is larger is no manifest, and would not fit into a string. */
const LARGEST = 256 * 1024 * 1024;

/**
 * The manifest of the copy in this directory; undefined when it has none. Failure MANIFEST_INVALID; errors of the system
 * pass unchanged, ENOENT among them when the directory itself is gone. Never waits on a FIFO, never follows a link.
 */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const text = await readText(join(directory, MANIFEST_NAME));
  return text === undefined ? undefined : parseManifest(text);
}

async function readText(path: string): Promise<string | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw notAFile(path);
      if (stats.size > LARGEST) throw tooLarge(path, stats.size);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (isErrno(error, 'ELOOP', 'ENXIO')) throw notAFile(path);
    throw error;
  }
}

function notAFile(path: string): Failure {
  return new Failure({ code: 'MANIFEST_INVALID', message: `${path} is not a regular file` });
}

function tooLarge(path: string, size: number): Failure {
  return new Failure({
    code: 'MANIFEST_INVALID',
    message: `${path} has ${formatSize(size)}: that is no manifest`,
  });
}
