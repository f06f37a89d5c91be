/**
 * Stops a program and everything that it started. Every stage leads its own process group (and session), because Node can
 * make a child a leader but cannot put it into the group of another process (setpgid(2)). So a pipeline is stopped by
 * stopping all its groups, including grandchildren.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from '../failure/failure.js';
import { hasLiveMember } from './proc.js';

/** Between two looks at a group. Its members are not children of palhm, so palhm cannot wait for their end. */
const LOOK_EVERY_MS = 20;

/** Sends SIGTERM to the group, and SIGKILL to what is left of it after `graceMs`. Returns when no member is left. */
export async function stopProcessGroup(leader: number, graceMs: number): Promise<void> {
  if (!signalGroup(leader, 'SIGTERM')) return;
  if (await isGoneWithin(leader, graceMs)) return;
  signalGroup(leader, 'SIGKILL');
  // A process in an uninterruptible call, such as one to a dead NFS server, survives even SIGKILL: do not wait for ever.
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

/** When /proc cannot be read (EMFILE), members count as alive: then SIGKILL follows. */
function mayHaveLiveMember(leader: number): Promise<boolean> {
  return hasLiveMember(leader).catch(() => true);
}

/** False when the group has no members (kill(2), ESRCH), or only members of another user, which palhm may not stop (EPERM). */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH', 'EPERM')) return false;
    throw error;
  }
}
