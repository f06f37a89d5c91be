/**
 * A reader at the end of a pipe waits until no process holds the writing end any more, which a process that a stage has
 * started in the background may do for ever. Such a process is named, and nobody waits for it without limit.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure, type Place } from '../failure/failure.js';
import { findByEnvironment, findWriter, type Writer } from '../host/proc.js';
import { formatDuration } from '../units/duration.js';
import { stageName } from './command.js';
import type { Stage } from './stage.js';

/** What is read after the stages have ended. */
export interface ReadPipes {
  /** The names of the pipes in proc(5), such as `pipe:[4711]`. */
  readonly pipes: readonly string[];
  /** The bytes that have come through them so far. */
  bytes(): number;
  /** True when nothing but the next bytes, or the end, is waited for. Undefined: not known, the reader may be slow. */
  isIdle(): boolean | undefined;
  /** The stage that has left this process behind. */
  stageOf(holder: Writer): LeavingStage | undefined;
  /** The run whose stages have it in their environment as `PALHM_RUN`. */
  readonly runId: string;
  /** Called once, when a holder is found that has time until the timeout of its stage. */
  onHeld(message: string): void;
}

export interface LeavingStage {
  /** For people. Undefined when the process is not in the group of any stage. */
  readonly name: string | undefined;
  readonly place: Place | undefined;
  readonly timeout: StageTimeout | undefined;
}

export interface StageTimeout {
  /** By the clock of `performance.now`. */
  readonly at: number;
  readonly ms: number;
}

/** What keeps a pipe open for too long. */
export interface Holder {
  /** The failure of the object: that the stage that has left the holder has no timeout, or has exceeded it. */
  readonly failure: Failure;
  /** Its process group, when it is proven to be of this run: such a group may be stopped. */
  readonly group: number | undefined;
}

/** Without bytes. A process in the background may end a moment after its stage. */
const PATIENCE_MS = 3000;
const LOOK_EVERY_MS = 100;
/** Looking through all processes takes time. */
const SEARCH_EVERY_MS = 500;

/** Looks for such a process until `over` is aborted. Undefined when the pipes have ended. */
export async function findHolder(read: ReadPipes, over: AbortSignal): Promise<Holder | undefined> {
  let seen = read.bytes();
  let quietSince = performance.now();
  let isTold = false;
  for (;;) {
    const isQuiet = performance.now() - quietSince >= PATIENCE_MS;
    const pause = isQuiet ? SEARCH_EVERY_MS : LOOK_EVERY_MS;
    await delay(pause, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return undefined;
    if (read.bytes() !== seen || read.isIdle() === false) {
      seen = read.bytes();
      quietSince = performance.now();
    }
    if (performance.now() - quietSince < PATIENCE_MS) continue;
    // A look may fail for want of a descriptor. Then it is repeated.
    const search = findWriter((file) => read.pipes.includes(file));
    const holder = await search.catch(() => undefined);
    if (holder === undefined && read.isIdle() === undefined) continue;
    if (over.aborted || read.bytes() !== seen) continue;
    const stage = holder === undefined ? undefined : read.stageOf(holder);
    const timeout = stage?.timeout;
    if (timeout === undefined || performance.now() >= timeout.at) {
      const group = await groupOf(holder, read.runId);
      const isEnded = group !== undefined || stage?.name !== undefined;
      return { failure: heldFailure(holder, { stage, isEnded }), group };
    }
    if (!isTold) read.onHeld(`${describe(holder)}; it has time until the timeout of the stage`);
    isTold = true;
  }
}

/** The environment of the process proves that a stage of this run has started it. */
async function groupOf(holder: Writer | undefined, runId: string): Promise<number | undefined> {
  if (holder === undefined) return undefined;
  const ours = await findByEnvironment(`PALHM_RUN=${runId}`).catch(() => []);
  return ours.some(({ pid }) => pid === holder.pid) ? holder.group : undefined;
}

function describe(holder: Writer | undefined): string {
  const who =
    holder === undefined
      ? 'a process that palhm may not look at'
      : `process ${holder.pid} (${holder.command})`;
  return `${who}, left behind by a stage that has ended, still holds its stdout`;
}

interface Leaving {
  readonly stage: LeavingStage | undefined;
  /** Whether it is ended with the pipeline. */
  readonly isEnded: boolean;
}

function heldFailure(holder: Writer | undefined, { stage, isEnded }: Leaving): Failure {
  const { name, timeout } = stage ?? {};
  const late =
    timeout === undefined ? '' : ` when the timeout of ${formatDuration(timeout)} is over`;
  const from = name === undefined ? '' : ` by ${name}`;
  return new Failure({
    code: timeout === undefined ? 'STAGE_FAILED' : 'STAGE_TIMEOUT',
    message: `${describe(holder)}${late}`,
    details: [
      isEnded
        ? `it was left behind${from}, and is ended`
        : 'it runs on: nothing proves that it is of this run',
    ],
    place: stage?.place,
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}

interface RunStage {
  readonly exec: ExecPlan;
  readonly stage: Stage;
}

/** The last one is the most likely to have left a process that is in no group of theirs. */
export function findLeaving(stages: readonly RunStage[], group: number): LeavingStage | undefined {
  const index = stages.findIndex(({ stage }) => stage.group === group);
  const found = stages.at(index);
  if (found === undefined) return undefined;
  const { exec, stage } = found;
  const name = `stage ${index + 1} of ${stages.length} (${stageName(exec)})`;
  const ms = exec.timeout?.ms;
  return {
    name: index === -1 ? undefined : name,
    place: exec.place,
    timeout: ms === undefined ? undefined : { at: stage.startedAt + ms, ms },
  };
}
