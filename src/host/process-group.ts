/**
 * Stopping what was started. Every stage leads a process group (and session) of its own, because Node can make a child a
 * leader but cannot put one into the group of another (setpgid(2)); a pipeline is stopped by stopping all its groups,
 * grandchildren included.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from '../failure/failure.js';

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
  while (signalGroup(leader, 0) && (await hasLiveMember(leader))) {
    if (performance.now() >= deadline) return false;
    await delay(LOOK_EVERY_MS);
  }
  return true;
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

/** A zombie that nobody has waited for still counts as a member, for as long as PID 1 likes: in many containers, for ever. */
async function hasLiveMember(leader: number): Promise<boolean> {
  // Without a descriptor to look with (EMFILE) they count as alive: then the harder signal follows.
  const entries = await readdir('/proc').catch(() => undefined);
  if (entries === undefined) return true;
  const stats = await Promise.all(entries.filter((name) => /^\d+$/.test(name)).map(readStat));
  return stats.some(({ state, group }) => group === leader && state !== 'Z' && state !== 'X');
}

/** State and process group of /proc/PID/stat, proc(5): they follow the name, which is in brackets and may hold anything. */
async function readStat(pid: string): Promise<{ state: string | undefined; group: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, group: Number(group) };
}
