/**
 * A reader waits until no process holds the writing end of its pipe any more, and a writer whose pipe is full until no
 * process holds the reading end. A process that a stage has started in the background may do so for ever. Such a process
 * is named, and nobody waits for it without limit.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, type Place } from '../failure/failure.js';
import { findPipeUsers, hasInEnvironment, type PipeUser } from '../host/proc.js';
import { formatDuration } from '../units/duration.js';
import { holdersOf, type PipelineEnd, watchFlow } from './flow.js';

/** One end of a pipe of a pipeline: between two of its processes, or from the last one to the intake. */
export interface PipeEnd {
  /** The name of the pipe in proc(5), such as `pipe:[4711]`. */
  readonly pipe: string;
  /** What it is to its stage: the writing or the reading end. */
  readonly kind: 'stdout' | 'stdin';
  readonly stage: LeavingStage;
  /** Resolves when what palhm has started with this end has ended. */
  readonly left: Promise<unknown>;
  /** Whether it has. */
  readonly hasLeft: () => boolean;
  /** Whether who has the other end has ended. */
  readonly isOver: () => boolean;
  /** Whether palhm itself has the other end. */
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
  /** Called once for an end, when a holder is found that has time until the timeout of its stage. */
  readonly onHeld: (message: string, at: PipeEnd) => void;
}

/** What keeps a pipe open for too long. */
export interface Holder {
  /** The failure of the object: that the stage that has left the holder has no timeout, or has exceeded it. */
  readonly failure: Failure;
  /** Its session, when it is proven to be of this run by its environment: such processes may be ended. */
  readonly session: number | undefined;
}

/** Looks for a process that holds this end, until `over` is aborted. Undefined when nobody waits for it any more. */
export async function findHolder(
  at: PipeEnd,
  watch: HolderWatch,
  over: AbortSignal,
): Promise<Holder | undefined> {
  await at.left;
  const flow = watchFlow(at, watch.end);
  let isTold = false;
  for (;;) {
    await delay(flow.pauseMs(), undefined, { signal: over }).catch(() => undefined);
    if (over.aborted || at.isOver()) return undefined;
    const found = await flow.look();
    if (found === undefined || over.aborted || at.isOver()) continue;
    const { timeout } = at.stage;
    if (timeout === undefined || performance.now() >= timeout.at)
      return await judgeHolder(at, watch, found);
    if (!isTold)
      watch.onHeld(`${describe(at, found.holder)}; it has time until the timeout of the stage`, at);
    isTold = true;
  }
}

/**
 * To be called when who has the other end of a pipe has just exceeded its own timeout. `waiter`: for people. Undefined when
 * nobody else is to blame. A process that still wrote has got SIGPIPE by now.
 */
export async function findWhatItWaitedFor(
  at: PipeEnd,
  watch: HolderWatch,
  waiter: string,
): Promise<Holder | undefined> {
  const [holder] = holdersOf(at.kind, await findPipeUsers(at.pipe).catch(() => []));
  return holder === undefined ? undefined : await judgeHolder(at, watch, { holder, waiter });
}

interface Found {
  /** Undefined for a process that palhm may not look at. */
  readonly holder: PipeUser | undefined;
  /** Who waited for it, and has exceeded its own timeout. */
  readonly waiter?: string;
}

async function judgeHolder(at: PipeEnd, { runId }: HolderWatch, found: Found): Promise<Holder> {
  const { holder } = found;
  const isOfRun =
    holder !== undefined &&
    (await hasInEnvironment(holder.pid, `PALHM_RUN=${runId}`).catch(() => false));
  const isEnded = isOfRun || holder?.session === at.stage.session;
  return {
    failure: heldFailure(at, found, isEnded),
    session: isOfRun ? holder.session : undefined,
  };
}

function describe({ kind }: PipeEnd, holder: PipeUser | undefined): string {
  const who =
    holder === undefined
      ? 'a process that palhm may not look at'
      : `process ${holder.pid} (${holder.command})`;
  return `${who}, left behind by a stage that has ended, still holds its ${kind}`;
}

function heldFailure(at: PipeEnd, { holder, waiter }: Found, isEnded: boolean): Failure {
  const { kind, stage } = at;
  const { name, place, timeout } = stage;
  const late =
    timeout === undefined ? '' : ` when the timeout of ${formatDuration(timeout)} is over`;
  const what = kind === 'stdout' ? 'its end' : 'room in it';
  const when = waiter === undefined ? late : `: ${waiter} waited for ${what} until its own timeout`;
  return new Failure({
    code: when === '' ? 'STAGE_HELD' : 'STAGE_TIMEOUT',
    message: `${describe(at, holder)}${when}`,
    details: isEnded
      ? [`it was left behind by ${name}, and is ended`]
      : ['it runs on: nothing proves that it is of this run', `its ${kind} is that of ${name}`],
    place,
    hint: HINTS[kind],
  });
}

const HINTS = {
  stdout: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  stdin: 'give what a stage leaves in the background another stdin (</dev/null), or wait for it',
};
