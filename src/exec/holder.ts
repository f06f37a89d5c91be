/**
 * A reader at the end of a pipe waits until no process holds the writing end any more, which a process that a stage has
 * started in the background may do for ever. Such a process is named, and nobody waits for it without limit.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, type Place } from '../failure/failure.js';
import {
  findPipeUsers,
  hasInEnvironment,
  type PipeUser,
  readTraffic,
  type Traffic,
  waitsForRoom,
} from '../host/proc.js';
import { formatDuration } from '../units/duration.js';

/** A pipe of a pipeline: between two of its processes, or from the last one to the intake. */
export interface Link {
  /** Its name in proc(5), such as `pipe:[4711]`. */
  readonly pipe: string;
  /** The stage whose stdout it is. */
  readonly from: LeavingStage;
  /** Resolves when what palhm has started to write into it has ended. */
  readonly left: Promise<unknown>;
  /** Whether it has. */
  readonly hasLeft: () => boolean;
  /** Whether its reader has ended. */
  readonly isOver: () => boolean;
  /** Whether palhm itself is the reader. */
  readonly isLast: boolean;
}

export interface LeavingStage {
  /** For people. */
  readonly name: string;
  readonly place: Place;
  /** The session that it leads. */
  readonly session: number;
  readonly timeout: StageTimeout | undefined;
}

export interface StageTimeout {
  /** By the clock of `performance.now`. */
  readonly at: number;
  readonly ms: number;
}

/** What is known of the whole pipeline. */
export interface HolderWatch {
  /** What comes out at its end, if palhm reads that. */
  readonly end: PipelineEnd | undefined;
  /** The run whose stages have it in their environment as `PALHM_RUN`. */
  readonly runId: string;
  /** Called once for a link, when a holder is found that has time until the timeout of its stage. */
  readonly onHeld: (message: string) => void;
}

interface PipelineEnd {
  /** The bytes that have come so far. */
  readonly bytes: () => number;
  /** True when nothing but the next bytes, or the end, is waited for. */
  readonly isIdle: () => boolean;
}

/** What keeps a pipe open for too long. */
export interface Holder {
  /** The failure of the object: that the stage that has left the holder has no timeout, or has exceeded it. */
  readonly failure: Failure;
  /** Its session, when it is proven to be of this run by its environment: such processes may be ended. */
  readonly session: number | undefined;
}

/** Without bytes. A process in the background may end a moment after its stage. */
const PATIENCE_MS = 3000;
const LOOK_EVERY_MS = 100;
/** Looking through all processes takes time. */
const SEARCH_EVERY_MS = 500;
/** Between two searches where the first ones have found nobody: then a stage just takes long over the end of its input. */
const SEARCH_SELDOM_MS = 8000;

/** Looks for a process that holds the pipe, until `over` is aborted. Undefined when the pipe has ended. */
export async function findHolder(
  link: Link,
  watch: HolderWatch,
  over: AbortSignal,
): Promise<Holder | undefined> {
  await link.left;
  const flow = watchFlow(link, watch);
  let isTold = false;
  for (;;) {
    await delay(flow.pauseMs(), undefined, { signal: over }).catch(() => undefined);
    if (over.aborted || link.isOver()) return undefined;
    const found = await flow.look();
    if (found === undefined || over.aborted || link.isOver()) continue;
    const { timeout } = link.from;
    if (timeout === undefined || performance.now() >= timeout.at)
      return await judgeHolder(link, watch, found);
    if (!isTold)
      watch.onHeld(`${describe(found.holder)}; it has time until the timeout of the stage`);
    isTold = true;
  }
}

/**
 * To be called when the reader of a pipe has just exceeded its own timeout. `reader`: for people. Undefined when nobody but
 * the reader is to blame. A process that still wrote has got SIGPIPE by now.
 */
export async function findWhatItWaitedFor(
  link: Link,
  watch: HolderWatch,
  reader: string,
): Promise<Holder | undefined> {
  const users = await findPipeUsers(link.pipe).catch(() => []);
  const holder = users.find(({ isWriter }) => isWriter);
  return holder === undefined ? undefined : await judgeHolder(link, watch, { holder, reader });
}

interface Found {
  /** Undefined for a process that palhm may not look at. */
  readonly holder: PipeUser | undefined;
  /** Who waited for it, and has exceeded its own timeout. */
  readonly reader?: string;
}

/** Tells when nothing flows any more through a link. */
function watchFlow({ pipe, isLast }: Link, { end }: HolderWatch) {
  let quietSince = performance.now();
  let pause = SEARCH_EVERY_MS;
  let bytes = end?.bytes() ?? 0;
  let before: Traffic | undefined;
  let [writtenAt, readAt] = [quietSince, quietSince];
  const isQuiet = (): boolean => performance.now() - quietSince >= PATIENCE_MS;

  function lookAtEnd(): void {
    if (end === undefined || (end.bytes() === bytes && end.isIdle())) return;
    bytes = end.bytes();
    quietSince = performance.now();
  }

  /** Between two stages palhm does not see the bytes: they flow as long as a writer writes and a reader reads. */
  async function lookBetween(users: readonly PipeUser[]): Promise<void> {
    const seen = await sumTraffic(users);
    const now = performance.now();
    if (seen.written !== before?.written) writtenAt = now;
    if (seen.read !== before?.read) readAt = now;
    before = seen;
    const flowedAt = (await isAnyWaiting(users)) ? now : Math.min(writtenAt, readAt);
    quietSince = Math.max(quietSince, flowedAt);
  }

  return {
    pauseMs: () => (isLast && !isQuiet() ? LOOK_EVERY_MS : pause),
    /** What holds the pipe, once nothing has come for long enough. */
    async look(): Promise<Found | undefined> {
      lookAtEnd();
      if (isLast && !isQuiet()) return undefined;
      // A look may fail for want of a descriptor. Then it is repeated.
      const users = await findPipeUsers(pipe).catch(() => undefined);
      if (users === undefined) return undefined;
      const writers = users.filter(({ isWriter }) => isWriter);
      if (!isLast && writers.length === 0) {
        pause = Math.min(2 * pause, SEARCH_SELDOM_MS);
        return undefined;
      }
      if (!isLast) await lookBetween(users);
      lookAtEnd();
      return isQuiet() ? { holder: writers[0] } : undefined;
    },
  };
}

/** Of what writers have written and readers have read. */
async function sumTraffic(users: readonly PipeUser[]): Promise<Traffic> {
  const all = await Promise.all(
    users.map(async ({ pid, isWriter }) => ({ ...(await readTraffic(pid)), isWriter })),
  );
  const written = all.reduce((sum, one) => sum + (one.isWriter ? one.written : 0), 0);
  const read = all.reduce((sum, one) => sum + (one.isWriter ? 0 : one.read), 0);
  return { written, read };
}

/** Whether one of the writers waits for the reader, and not the other way round. */
async function isAnyWaiting(users: readonly PipeUser[]): Promise<boolean> {
  const writers = users.filter(({ isWriter }) => isWriter);
  const answers = await Promise.all(writers.map(({ pid }) => waitsForRoom(pid)));
  return answers.includes(true);
}

async function judgeHolder({ from }: Link, { runId }: HolderWatch, found: Found): Promise<Holder> {
  const { holder } = found;
  const isOfRun =
    holder !== undefined &&
    (await hasInEnvironment(holder.pid, `PALHM_RUN=${runId}`).catch(() => false));
  const isEnded = isOfRun || holder?.session === from.session;
  return {
    failure: heldFailure(from, found, isEnded),
    session: isOfRun ? holder.session : undefined,
  };
}

function describe(holder: PipeUser | undefined): string {
  const who =
    holder === undefined
      ? 'a process that palhm may not look at'
      : `process ${holder.pid} (${holder.command})`;
  return `${who}, left behind by a stage that has ended, still holds its stdout`;
}

function heldFailure(
  { name, place, timeout }: LeavingStage,
  { holder, reader }: Found,
  isEnded: boolean,
): Failure {
  const late =
    timeout === undefined ? '' : ` when the timeout of ${formatDuration(timeout)} is over`;
  const when = reader === undefined ? late : `: ${reader} waited for its end until its own timeout`;
  return new Failure({
    code: when === '' ? 'STAGE_HELD' : 'STAGE_TIMEOUT',
    message: `${describe(holder)}${when}`,
    details: isEnded
      ? [`it was left behind by ${name}, and is ended`]
      : ['it runs on: nothing proves that it is of this run', `its stdout is that of ${name}`],
    place,
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}
