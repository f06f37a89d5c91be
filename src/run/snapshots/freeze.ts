/**
 * Keeps a service still while its snapshot is taken. Whatever was frozen is thawed on every path: by palhm, at once when the snapshot
 * is there or has failed; by the watchdog, when palhm cannot, is gone, or takes too long.
 */
import { randomUUID } from 'node:crypto';
import type { ExecPlan, FreezePlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import { buildCommand, type CommandContext } from '../../exec/command.js';
import { type RunningProcess, startProcess } from '../../exec/process.js';
import { Failure } from '../../failure/failure.js';
import { markOfHook } from '../../host/run-processes.js';
import type { Still } from '../../snapshot/provider.js';
import type { Duration } from '../../units/duration.js';
import type { Hooked } from '../hooks/hook.js';
import { runAll, runWhatever } from '../hooks/lists.js';
import type { PartState } from '../hooks/state.js';
import { tellOutput } from '../objects/stage-output.js';
import type { Operation } from '../operation/operation.js';
import { endMarked } from './end-marked.js';
import { startWatchdog } from './start-watchdog.js';
import { freezeSource, programsOf, type StillPrograms } from './still.js';
import type { WatchdogOrders } from './watchdog-orders.js';

export interface Frozen<T> {
  readonly value: T;
  /** Why what was done meanwhile cannot be relied on. */
  readonly problem: unknown;
}

export interface WantedFreeze {
  readonly hooked: Hooked;
  readonly plan: FreezePlan;
  /** What the kind of snapshot needs besides: it is frozen last, and thawed first. */
  readonly still?: Still | undefined;
  /** Called on every path with how long it was, from the first program that freezes to the end of the thaw, in milliseconds. */
  readonly onThawed: (frozenMs: number) => void;
}

const RUNNING: PartState = { state: 'running' };

/**
 * Does the work between freeze and thaw. Its signal is aborted also when the time is over. Failure HOOK_FAILED, SNAPSHOT_FAILED,
 * FREEZE_EXPIRED.
 */
export async function whileFrozen<T>(
  operation: Operation,
  wanted: WantedFreeze,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Frozen<T>> {
  const { hooked, plan, still } = wanted;
  const { part, name } = hooked;
  const mark = { PALHM_HOLD: randomUUID() };
  const programs = programsOf(still, plan.place);
  const orders = {
    what: `${part} "${name}"`,
    maxMs: plan.max.ms,
    thaw: await buildThaw(hooked, [...programs.thaw, ...pairOf(plan).thaw]),
    mark: `PALHM_HOLD=${mark.PALHM_HOLD}`,
  };
  const watchdog = await startWatchdog(orders, operation.host.environment);
  const signal = AbortSignal.any([hooked.signal, watchdog.over]);
  const freeze: Freeze = { operation, hooked: { ...hooked, signal }, plan, programs, orders, mark };
  const startedAt = performance.now();
  /** What is to be thawed, the last first. */
  const thaws: Thaw[] = [];
  let outcome: { readonly value: T } | { readonly error: unknown };
  try {
    await freezeAll(freeze, thaws);
    outcome = { value: await work(signal) };
  } catch (error) {
    outcome = { error };
  }
  const problem = await thawAll(thaws);
  await (problem === undefined ? watchdog.dismiss() : watchdog.abandon());
  const frozenMs = performance.now() - startedAt;
  operation.emit({ type: 'thawed', group: name, durationMs: frozenMs });
  wanted.onThawed(frozenMs);
  if ('error' in outcome) {
    if (problem !== undefined && problem !== outcome.error) operation.aftermath.add(problem);
    throw outcome.error;
  }
  const over: unknown = watchdog.over.aborted ? watchdog.over.reason : undefined;
  return { value: outcome.value, problem: over ?? problem };
}

interface Freeze {
  readonly operation: Operation;
  /** Its signal is that of the freeze. */
  readonly hooked: Hooked;
  readonly plan: FreezePlan;
  readonly programs: StillPrograms;
  readonly orders: WatchdogOrders;
  readonly mark: Readonly<Record<string, string>>;
}

/** Resolves with what has failed, if anything has. */
type Thaw = () => Promise<unknown>;

/** From the outside to the inside. What is to be thawed is noted before anything can be frozen. */
async function freezeAll(freeze: Freeze, thaws: Thaw[]): Promise<void> {
  const { operation, hooked, plan, programs, orders, mark } = freeze;
  const marked = { ...hooked, context: contextOf(hooked.context, mark) };
  if (plan.means.type === 'hold')
    thaws.push(endHold(orders, await hold(operation, hooked, { plan, mark })));
  const pair = pairOf(plan);
  if (pair.freeze.length > 0) {
    const execs = pair.thaw.map((exec) => withTimeout(exec, plan.max));
    thaws.push(() => thawBy(operation, hooked, execs));
    await runAll(operation, marked, { kind: 'freeze', execs: pair.freeze, state: RUNNING });
  }
  if (programs.freeze.length === 0) return;
  const { mayBeFrozen, failure } = await freezeSource(operation, marked, programs);
  if (mayBeFrozen) thaws.push(() => thawBy(operation, hooked, programs.thaw));
  if (failure !== undefined) throw failure;
}

/** All of them, from the inside to the outside. Returns the first problem. */
async function thawAll(thaws: readonly Thaw[]): Promise<unknown> {
  let first: unknown;
  for (const thaw of thaws.toReversed()) {
    const problem = await thaw();
    first ??= problem;
  }
  return first;
}

function pairOf({ means }: FreezePlan) {
  return means.type === 'pair' ? means : { freeze: [], thaw: [] };
}

/** Not stopped by any signal. */
async function thawBy(
  operation: Operation,
  hooked: Hooked,
  execs: readonly ExecPlan[],
): Promise<unknown> {
  const [first] = await runWhatever(operation, hooked, { kind: 'thaw', execs, state: RUNNING });
  return first;
}

async function buildThaw({ context, signal }: Hooked, execs: readonly ExecPlan[]) {
  const own = { ...contextOf(context, {}), signal };
  return await Promise.all(execs.map((exec) => buildCommand(exec, own)));
}

function contextOf(
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

/** Starts the program that holds, and waits for the line by which it says so. */
async function hold(
  { emit }: Operation,
  { part, name, context, signal }: Hooked,
  { plan, mark }: { readonly plan: FreezePlan; readonly mark: Readonly<Record<string, string>> },
): Promise<RunningProcess> {
  const { means } = plan;
  if (means.type !== 'hold') throw new Error('this freeze has no program that holds');
  const { exec } = means;
  const startedAt = performance.now();
  const told = { hook: 'freeze', part, name, command: renderCommand(exec.argv) } as const;
  emit({ type: 'hook-started', ...told });
  const tellEnd = (result: 'done' | 'failed'): void =>
    emit({ type: 'hook-finished', ...told, result, durationMs: performance.now() - startedAt });
  const output = { stdout: tellOutput(emit, name, 'stdout'), stderr: tellOutput(emit, name) };
  try {
    const process = await startProcess({
      exec,
      context: contextOf(context, mark),
      ready: '',
      readyOn: 'stdout',
      readyWithinMs: plan.max.ms,
      onLine: (line, stream) => output[stream].onLine(exec, line),
      signal,
    });
    tellEnd('done');
    return process;
  } catch (error) {
    tellEnd('failed');
    throw asHookFailure(error, `freeze of ${part} "${name}"`);
  }
}

/**
 * A program that ended before it was told to has not held until the snapshot was there. What it has started may hold on in a
 * session of its own.
 */
function endHold({ what, mark }: WatchdogOrders, process: RunningProcess): Thaw {
  return async () => {
    await process.stop();
    const early = await process.ended;
    const isThawed = await endMarked(mark);
    if (early !== undefined) return asHookFailure(early, `freeze of ${what}`);
    if (isThawed) return undefined;
    return new Failure({
      code: 'HOOK_FAILED',
      message: `thaw of ${what}: a program that holds could not be ended`,
    });
  };
}

/** A thaw that hangs leaves the service frozen: it has as long as the freeze may last. */
function withTimeout(exec: ExecPlan, max: Duration): ExecPlan {
  return { ...exec, timeout: exec.timeout ?? max };
}

function asHookFailure(error: unknown, what: string): unknown {
  if (!(error instanceof Failure) || !error.code.startsWith('STAGE_')) return error;
  return error.as({ code: 'HOOK_FAILED', message: `${what}: ${error.message}` });
}
