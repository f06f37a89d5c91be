/** A program that freezes for as long as it runs, and what it prints when it is told to thaw. */
import type { ExecPlan, HeldObjectPlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import type { JudgedStage } from '../../exec/blame.js';
import { type CommandContext, stageName } from '../../exec/command.js';
import { type Finished, type RunningProcess, startProcess } from '../../exec/process.js';
import { Failure } from '../../failure/failure.js';
import { markOfHook } from '../../host/run-processes.js';
import { count } from '../../units/count.js';
import type { Duration } from '../../units/duration.js';
import type { Hooked } from '../hooks/hook.js';
import { tellOutput } from '../objects/stage-output.js';
import type { Operation } from '../operation/operation.js';
import { endMarked } from './end-marked.js';
import type { WatchdogOrders } from './watchdog-orders.js';

/** Labels, positions in a log: more is no text that has to be held in memory. */
const MOST_BYTES = 1024 * 1024;

/** What the program has printed, and its end. */
export interface Printed {
  readonly stage: JudgedStage;
  /** By the path of the object; without those that are empty and may be. */
  readonly texts: ReadonlyMap<string, Buffer>;
}

export interface Hold {
  readonly exec: ExecPlan;
  readonly output: readonly HeldObjectPlan[];
  readonly max: Duration;
  readonly mark: Readonly<Record<string, string>>;
  readonly orders: Pick<WatchdogOrders, 'what' | 'mark'>;
  /** Its signal is that of the freeze. */
  readonly hooked: Hooked;
  readonly onPrinted: (printed: Printed) => void;
  /** Aborted when the watchdog thaws. */
  readonly over: AbortSignal;
}

/** The program that holds. */
export interface Holding {
  readonly process: RunningProcess;
  /** Why it has ended by itself. Undefined when it was told to, or when the watchdog has ended it, whose failure says so. */
  readonly ended: Promise<Failure | undefined>;
}

/** Starts the program, and waits for the line by which it says that it holds. */
export async function startHold(
  { emit }: Operation,
  { exec, output, max, mark, over, hooked: { part, name, context, signal } }: Hold,
): Promise<Holding> {
  const startedAt = performance.now();
  const told = { hook: 'freeze', part, name, command: renderCommand(exec.argv) } as const;
  emit({ type: 'hook-started', ...told });
  const tellEnd = (result: 'done' | 'failed'): void =>
    emit({ type: 'hook-finished', ...told, result, durationMs: performance.now() - startedAt });
  const tellers = { stdout: tellOutput(emit, name, 'stdout'), stderr: tellOutput(emit, name) };
  try {
    const process = await startProcess({
      exec,
      context: contextOf(context, mark),
      ready: '',
      readyOn: 'stdout',
      readyWithinMs: max.ms,
      onLine: (line, stream) => tellers[stream].onLine(exec, line),
      signal,
      keepBytes: output.length === 0 ? undefined : MOST_BYTES,
    });
    tellEnd('done');
    return { process, ended: unlessOver(process.ended, over) };
  } catch (error) {
    tellEnd('failed');
    throw asHookFailure(error, `freeze of ${part} "${name}"`);
  }
}

function unlessOver(ended: RunningProcess['ended'], over: AbortSignal): Holding['ended'] {
  return new Promise((resolve) => {
    over.addEventListener('abort', () => resolve(undefined), { once: true });
    if (over.aborted) resolve(undefined);
    void ended.then(resolve);
  });
}

/**
 * A program that ended before it was told to has not held until the snapshot was there. What it has started may hold on in a
 * session of its own. Resolves with what has failed, if anything has. `isDone`: otherwise nobody wants what it prints.
 */
export async function endHold(
  { orders: { what, mark }, output, hooked, onPrinted }: Hold,
  { process, ended }: Holding,
  isDone: boolean,
): Promise<unknown> {
  let problem: unknown;
  if (isDone && output.length > 0)
    try {
      onPrinted(textsOf(await process.finish(hooked.signal), output));
    } catch (error) {
      problem = asHookFailure(error, `thaw of ${what}`);
    }
  await process.stop();
  const early = await ended;
  const isThawed = await endMarked(mark, process.pipe);
  if (early !== undefined) return asHookFailure(early, `freeze of ${what}`);
  if (isThawed || problem !== undefined) return problem;
  return new Failure({
    code: 'HOOK_FAILED',
    message: `thaw of ${what}: a program that holds could not be ended`,
  });
}

/** Failure STAGE_FAILED unless there is a text for each object. */
function textsOf({ printed, stage }: Finished, objects: readonly HeldObjectPlan[]): Printed {
  const texts = split(printed);
  // The last NUL may be there or not.
  if (texts.length === objects.length + 1 && texts.at(-1)?.length === 0) texts.pop();
  const paths = objects.map(({ path }) => `"${path}"`).join(', ');
  const name = stageName(stage.exec);
  if (texts.length !== objects.length)
    throw unfit(stage, `${name} printed ${count(texts.length, 'text', 'texts')} for ${paths}`);
  const pairs = objects.map((object, index) => ({ object, text: texts[index] ?? EMPTY }));
  const missing = pairs.find(({ object, text }) => text.length === 0 && !object.mayBeEmpty);
  if (missing !== undefined)
    throw unfit(stage, `${name} printed nothing for "${missing.object.path}"`);
  const there = pairs.filter(({ text }) => text.length > 0);
  return { stage, texts: new Map(there.map(({ object, text }) => [object.path, text])) };
}

const EMPTY = Buffer.alloc(0);

/** At each NUL byte. */
function split(printed: Buffer): Buffer[] {
  const texts: Buffer[] = [];
  let from = 0;
  for (let at = printed.indexOf(0); at !== -1; at = printed.indexOf(0, from)) {
    texts.push(printed.subarray(from, at));
    from = at + 1;
  }
  return [...texts, printed.subarray(from)];
}

function unfit({ exec }: JudgedStage, message: string): Failure {
  return new Failure({
    code: 'STAGE_FAILED',
    message,
    details: [`command: ${renderCommand(exec.argv)}`],
    hint: 'run it by hand and see what it prints when its stdin ends: one text for each object, each ended by a NUL byte',
    place: exec.place,
  });
}

/** With more variables, and the mark of a hook. */
export function contextOf(
  context: CommandContext,
  more: Readonly<Record<string, string>>,
): CommandContext {
  const environment = {
    ...context.environment,
    ...more,
    ...markOfHook(context.runId, context.inherited),
  };
  return { ...context, environment };
}

function asHookFailure(error: unknown, what: string): unknown {
  if (!(error instanceof Failure) || !error.code.startsWith('STAGE_')) return error;
  return error.as({ code: 'HOOK_FAILED', message: `${what}: ${error.message}` });
}
