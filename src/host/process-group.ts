/**
 * Stopping what was started. Every stage leads a process group (and session) of its own, because Node can make a child a
 * leader but cannot put one into the group of another (setpgid(2)); a pipeline is stopped by stopping all its groups,
 * grandchildren included.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from '../failure/failure.js';
import { hasLiveMember } from './proc.js';

/** Between looks at a group whose members are not our children and so cannot be waited for. */
const LOOK_EVERY_MS = 20;

/** SIGTERM to the group, SIGKILL to what is left of it after `graceMs`. Returns when no member is left. */
export async function stopProcessGroup(leader: number, graceMs: number): Promise<void> {
  if (!signalGroup(leader, 'SIGTERM')) return;
  if (await isGoneWithin(leader, graceMs)) return;
  signalGroup(leader, 'SIGKILL');
  // Even SIGKILL waits for a process in an uninterruptible call, such as one on a dead NFS server: do not wait for ever.
  await isGoneWithin(leader, graceMs);
}

async function isGoneWithin(leader: number, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (signalGroup(leader, 0) && (await mayHaveLiveMember(leader))) {
    if (performance.now() >= deadline) return false;
    await delay(LOOK_EVERY_MS);
  }
  return true;
}

/** While nobody can look (EMFILE), they count as alive: then the harder signal follows. */
function mayHaveLiveMember(leader: number): Promise<boolean> {
  return hasLiveMember(leader).catch(() => true);
}

/** False when the group has no members (kill(2), ESRCH), or only some that changed their user (EPERM) and are not ours to stop. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH', 'EPERM')) return false;
    throw error;
  }
}
