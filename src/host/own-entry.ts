/**
 * Whether an entry of a directory was made by the user that palhm runs as. What palhm leaves for its other runs says whose
 * processes to end and what to remove: it proves nothing when others may have made it.
 */
import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure/failure.js';

/** The start of the name of a file that is removed at once. No listing shows it. */
const PROBE_START = '.palhm-probe-';

/**
 * Failure SINK_UNAVAILABLE when it was not; and when others can rename what is in the directory, because then they may have
 * given something of ours that name. A group that may write there is believed.
 */
export async function confirmOwn(directory: string, { uid }: Pick<Stats, 'uid'>): Promise<void> {
  const own = uid === process.geteuid?.() ? uid : await ownerGiven(directory);
  if (uid !== own)
    throw notBelieved(`it belongs to user ${uid}, and what palhm makes there to user ${own}`);
  const parent = await stat(directory);
  if (parent.uid !== own && parent.uid !== 0)
    throw notBelieved(`user ${parent.uid}, who owns the directory, may have given it that name`);
  if ((parent.mode & (STICKY | OTHERS_WRITE)) === OTHERS_WRITE)
    throw notBelieved('everybody may write in the directory, and may have given it that name');
}

const STICKY = 0o1000;
const OTHERS_WRITE = 0o2;

function notBelieved(why: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `${why}: it is left as it is`,
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
