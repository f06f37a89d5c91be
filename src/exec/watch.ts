/** Watches the processes of a pipeline until all have ended, and what they have left in its pipes. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import type { Failure } from '../failure/failure.js';
import type { Intake } from '../host/intake.js';
import { endProcessesOfRun } from '../host/run-processes.js';
import { type JudgedStage, judgeStage } from './blame.js';
import { stageName } from './command.js';
import {
  findHolder,
  findWhatItWaitedFor,
  type Holder,
  type HolderWatch,
  type LeavingStage,
  type PipeEnd,
} from './holder.js';
import type { Stage } from './stage.js';
import { judgeTee } from './tee.js';

/** One process of a pipeline that runs: a stage, or the tee behind one. */
export interface RunningMember {
  readonly exec: ExecPlan;
  readonly isTee: boolean;
  readonly stage: Stage;
  /** The pipe that it reads from, such as `pipe:[4711]`. Undefined for the first one. */
  readonly input: string | undefined;
}

export interface PipelineWatch {
  readonly runId: string;
  readonly intake: Pick<Intake, 'pipe' | 'bytes' | 'isIdle' | 'taken'> | undefined;
  readonly onHeld: (message: string) => void;
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

export interface Watched {
  readonly judged: readonly JudgedStage[];
  /** Set when a process that a stage has left behind has kept the pipeline from its end. */
  readonly held: Failure | undefined;
}

/**
 * How long the other stages of a failed pipeline may take to end by themselves. The first stage to fail may be the victim
 * of another one that is about to report why it fails. Stopping that one would hide the cause. The same holds for the
 * stages of a pipeline whose intake has failed: they break on the pipe by themselves, unless they are silent.
 */
export const SETTLE_MS = 1000;

/**
 * Waits for every process, and then for the end of the intake. Stops the processes at once on an abort; after a failure,
 * when the others had time to end.
 */
export async function watchMembers(
  watch: PipelineWatch,
  running: readonly RunningMember[],
): Promise<Watched> {
  const { intake } = watch;
  const over = new AbortController();
  const { signal } = over;
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= stopAll(running, watch.graceMs);
  };
  const stopSoon = (): void =>
    void delay(SETTLE_MS, undefined, { signal }).then(stop, () => undefined);
  const holders = watchForHolders(watch, running, { over: signal, stop });
  const judge = async (member: RunningMember, index: number): Promise<JudgedStage> => {
    const judged = judgeMember(member, await member.stage.ended);
    // Before anything else is stopped: it may be in the session of an ended stage.
    if (judged.end.stopped === 'timeout') await holders.blameFor(index);
    if (!judged.well) stopSoon();
    return judged;
  };
  intake?.taken.catch(stopSoon);
  watch.signal.addEventListener('abort', stop, { signal });
  if (watch.signal.aborted) stop();
  const judged = await Promise.all(running.map(judge));
  const isWell = judged.every(({ well }) => well);
  if (isWell && intake !== undefined)
    await Promise.race([intake.taken, holders.found, onAbort(watch.signal, signal)]).catch(
      () => undefined,
    );
  over.abort();
  // Processes that a failed pipeline left in the background must not outlive it.
  if (!isWell) stop();
  await stopping;
  return { judged, held: await holders.end() };
}

export async function stopAll(running: readonly RunningMember[], graceMs: number): Promise<void> {
  await Promise.all(running.map(({ stage }) => stage.stop(graceMs)));
}

function judgeMember({ exec, isTee }: RunningMember, end: JudgedStage['end']): JudgedStage {
  return isTee ? judgeTee(exec, end) : judgeStage(exec, end);
}

/** Resolves when the signal is aborted, unless it is over before. */
function onAbort(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { signal: over });
  });
}

interface Holders {
  /** Resolves when one is found. */
  readonly found: Promise<void>;
  /** Looks for who has kept a member of the pipeline from its end until its own timeout. */
  blameFor(index: number): Promise<void>;
  /** Resolves with the failure of the first one, when it has been ended. To be called when all is over. */
  end(): Promise<Failure | undefined>;
}

/** The first holder that is found stops the pipeline, and is ended when that is allowed. */
function watchForHolders(
  watch: PipelineWatch,
  running: readonly RunningMember[],
  { over, stop }: { readonly over: AbortSignal; readonly stop: () => void },
): Holders {
  const { intake: end, runId, onHeld, graceMs } = watch;
  const told = new Set<PipeEnd>();
  const tellHeld = (message: string, at: PipeEnd): void => {
    told.add(at);
    onHeld(message);
  };
  const about: HolderWatch = { end, runId, onHeld: tellHeld };
  const ends = endsOf(watch, running);
  let first: Holder | undefined;
  let ending: Promise<unknown> | undefined;
  let tell = (): void => undefined;
  const found = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const take = (holder: Holder | undefined): void => {
    if (holder === undefined || first !== undefined) return;
    first = holder;
    tell();
    stop();
    // It may have left the session of its stage. What cannot be ended here, the roll back of the run ends, or says so.
    if (holder.session !== undefined)
      ending = endProcessesOfRun(runId, {
        graceMs,
        isMeant: ({ session }) => session === holder.session,
      }).catch(() => undefined);
  };
  const searching = Promise.all(ends.map(async (at) => take(await findHolder(at, about, over))));
  // A defect is thrown by `end`.
  searching.catch(() => undefined);
  return {
    found,
    async blameFor(index) {
      const member = running[index];
      if (member === undefined) return;
      // A reader has waited for the end in any case, a writer for room only when that was seen.
      for (const at of ends)
        if (at.waiter === member.stage && (at.kind === 'stdout' ? at.hasLeft() : told.has(at)))
          take(await findWhatItWaitedFor(at, about, describeStage(running, member)));
    },
    async end() {
      await searching;
      await ending;
      return first?.failure;
    },
  };
}

interface JoinedEnd extends PipeEnd {
  /** Who has the other end. Undefined: palhm itself. */
  readonly waiter: Stage | undefined;
}

/** Both ends of the pipes between members, and the writing end of the last one. */
function endsOf(
  { intake }: PipelineWatch,
  running: readonly RunningMember[],
): readonly JoinedEnd[] {
  const ended = new Set<Stage | 'intake'>();
  for (const { stage } of running) stage.ended.then(() => ended.add(stage)).catch(() => undefined);
  intake?.taken.then(() => ended.add('intake')).catch(() => undefined);
  const endOf = (member: RunningMember, other: RunningMember | undefined) => ({
    stage: leavingStage(running, member),
    left: member.stage.ended,
    hasLeft: () => ended.has(member.stage),
    isOver: () => ended.has(other?.stage ?? 'intake'),
    isLast: other === undefined,
    waiter: other?.stage,
  });
  return running.flatMap((member, index): readonly JoinedEnd[] => {
    const next = running[index + 1];
    const pipe = next === undefined ? intake?.pipe : next.input;
    if (pipe === undefined) return [];
    const written: JoinedEnd = { ...endOf(member, next), pipe, kind: 'stdout' };
    return next === undefined
      ? [written]
      : [written, { ...endOf(next, member), pipe, kind: 'stdin' }];
  });
}

function leavingStage(running: readonly RunningMember[], member: RunningMember): LeavingStage {
  const { exec, stage } = member;
  const ms = exec.timeout?.ms;
  return {
    name: describeStage(running, member),
    place: exec.place,
    session: stage.group,
    timeout: ms === undefined ? undefined : { at: stage.startedAt + ms, ms },
  };
}

function describeStage(running: readonly RunningMember[], { exec }: RunningMember): string {
  const execs = running.filter(({ isTee }) => !isTee).map((one) => one.exec);
  return `stage ${execs.indexOf(exec) + 1} of ${execs.length} (${stageName(exec)})`;
}
