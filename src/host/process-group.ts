/**
 * Stops a program and everything that it started. Every stage leads its own session and process group, because Node can
 * make a child a leader but cannot put it into the group of another process (setpgid(2)). So a pipeline is stopped by
 * stopping all its groups, including grandchildren.
 *
 * Whose is a number? As long as the leader is not reaped, its number is that of palhm's child, and nobody else can get it:
 * its group is signalled as a whole. After that the kernel keeps the number away from others only while the session has
 * members. So then a member is ours when it is older than the reaping, or when its environment names the run; if one of
 * them is older, the number was never free, and all are ours. When another process has the number, nothing of ours is left.
 */
import { uptime } from 'node:os';
import { isErrno } from '../failure/failure.js';
import { findInSession, hasInEnvironment, type Process, readStatNow } from './proc.js';
import { keyOf, signalUntilGone } from './signal-processes.js';

export interface ProcessGroup {
  /** The process id of its leader. */
  readonly pid: number;
  /**
   * Sends SIGTERM to what belongs to it, and SIGKILL to what is left after the grace. Returns when nothing is left, also of
   * what an ended leader left behind; at the latest after twice the grace.
   */
  stop(graceMs: number): Promise<void>;
}

/** Who leads a group, and until when. */
interface Leader {
  readonly pid: number;
  /** Clock ticks since the boot. Undefined when /proc could not be read. */
  readonly startTime: number | undefined;
  /** By the clock of its start time. Undefined while Node has not told of its end. */
  reapedAt: number | undefined;
}

/** Of the times in /proc/PID/stat: USER_HZ is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** What is needed of a child process. */
interface Child {
  readonly pid?: number | undefined;
  once(event: 'exit', listener: () => void): unknown;
}

/**
 * Starts a program that leads a session, by `detached`. `run`: what its environment has as `PALHM_RUN`. Without a group the
 * program could not be started, as the child tells by an event.
 */
export function startGroup<C extends Child>(
  start: () => C,
  run?: string,
): { readonly child: C; readonly group: ProcessGroup | undefined } {
  // Read before the start: then what the leader has started is never too young to be its own.
  const before = uptime();
  const child = start();
  const { pid } = child;
  if (pid === undefined) return { child, group: undefined };
  const startTime = readStartTime(pid);
  const leader: Leader = { pid, startTime, reapedAt: undefined };
  child.once('exit', () => {
    const from = startTime ?? Math.floor(before * TICKS_PER_SECOND);
    leader.reapedAt = from + Math.ceil((uptime() - before) * TICKS_PER_SECOND);
  });
  return { child, group: { pid, stop: (graceMs) => stopGroup(leader, run, graceMs) } };
}

function readStartTime(pid: number): number | undefined {
  try {
    return readStatNow(pid)?.startTime;
  } catch {
    return undefined;
  }
}

async function stopGroup(leader: Leader, run: string | undefined, graceMs: number): Promise<void> {
  const known = new Set<string>();
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const isWhole = signalWhole(leader, signal);
    const round = {
      signal,
      patienceMs: graceMs,
      find: () => findOurs(leader, run, known),
      isTold: ({ group }: Process) => isWhole && group === leader.pid,
    };
    // A process in an uninterruptible call, such as one to a dead NFS server, survives even SIGKILL: do not wait for ever.
    if (await signalUntilGone(round).catch(() => false)) return;
  }
}

/** Signals the group of a leader that is not reaped. False when it is, or when palhm may not. */
function signalWhole(leader: Leader, signal: NodeJS.Signals): boolean {
  if (!isOurs(leader)) return false;
  try {
    return process.kill(-leader.pid, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH', 'EPERM')) return false;
    throw error;
  }
}

/** Whether the number is that of the leader, alive or not yet reaped. */
function isOurs({ pid, startTime, reapedAt }: Leader): boolean {
  if (reapedAt !== undefined) return false;
  try {
    // Node may have reaped it and not told yet.
    const stat = readStatNow(pid);
    return stat?.parent === process.pid && stat.startTime === (startTime ?? stat.startTime);
  } catch {
    // No descriptor is free for a look.
    return true;
  }
}

/** `known`: those that were found before. Rejects when /proc cannot be read. */
async function findOurs(
  leader: Leader,
  run: string | undefined,
  known: Set<string>,
): Promise<readonly Process[]> {
  const members = await findInSession(leader.pid);
  const isLed = isOurs(leader);
  if (!isLed && readStatNow(leader.pid) !== undefined) return [];
  const { reapedAt = Number.POSITIVE_INFINITY } = leader;
  const isContinuous = members.some((one) => one.startTime <= reapedAt || known.has(keyOf(one)));
  const ours = isLed || isContinuous ? members : await keepOfRun(members, run);
  for (const one of ours) known.add(keyOf(one));
  return ours;
}

async function keepOfRun(
  members: readonly Process[],
  run: string | undefined,
): Promise<readonly Process[]> {
  const ours = await Promise.all(
    members.map(
      async ({ pid }) => run !== undefined && (await hasInEnvironment(pid, `PALHM_RUN=${run}`)),
    ),
  );
  return members.filter((_, index) => ours[index]);
}
