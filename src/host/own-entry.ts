/**
 * Whether an entry of a directory was made by the user that palhm runs as. What palhm leaves for its other runs says whose
 * processes to end and what to remove: it proves nothing when others may have made it.
 */
import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure/failure.js';

/** The start of the name of a file that is removed at once. No listing shows it. */
const PROBE_START = '.palhm-probe-';

/** Failure SINK_UNAVAILABLE when it was not. */
export async function confirmOwn(directory: string, { uid }: Pick<Stats, 'uid'>): Promise<void> {
  if (uid === process.geteuid?.()) return;
  const own = await ownerGiven(directory);
  if (uid === own) return;
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `it belongs to user ${uid}, and what palhm makes there to user ${own}: it is left as it is`,
    hint: 'look at what it is, and remove it by hand',
  });
}

/** Some file systems give what one user makes to another: NFS with root_squash, CIFS, FUSE. */
async function ownerGiven(directory: string): Promise<number> {
  const path = join(directory, PROBE_START + randomUUID());
  const handle = await open(path, 'wx', 0o600);
  try {
    return (await handle.stat()).uid;
  } finally {
    await handle.close();
    await unlink(path);
  }
}
