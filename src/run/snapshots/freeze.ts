/**
 * Keeps a service still while its snapshot is taken. Whatever was frozen is thawed on every path: by palhm, at once when the snapshot
 * is there or has failed; by the watchdog, when palhm cannot, is gone, or takes too long.
 */
import { randomUUID } from 'node:crypto';
import type { ExecPlan, FreezeMeans, FreezePlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { Verdict } from '../../exec/blame.js';
import { buildCommand } from '../../exec/command.js';
import type { Still } from '../../snapshot/provider.js';
import type { Duration } from '../../units/duration.js';
import type { Hooked } from '../hooks/hook.js';
import { runAll, runWhatever } from '../hooks/lists.js';
import type { PartState } from '../hooks/state.js';
import type { Operation } from '../operation/operation.js';
import type { FreezePart } from './freeze-notes.js';
import { startGuard, type WantedGuard } from './guard.js';
import { contextOf, endHold, type Printed, startHold } from './hold.js';
import { freezeSource, programsOf, type StillPrograms } from './still.js';

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
  /** What the freeze is there for. */
  readonly reads: WantedGuard['reads'];
  /** Called on every path with how long it was, from the first program that freezes to the end of the thaw, in milliseconds. */
  readonly onThawed: (frozenMs: number) => void;
  /** Called when the work was done, with what the program that holds has then printed, if that is to become objects. */
  readonly onPrinted: (printed: Printed) => void;
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
    mark: `PALHM_HOLD=${mark.PALHM_HOLD}`,
    maxMs: plan.max.ms,
    parts: await partsOf(wanted, programs),
    reads: wanted.reads,
    signal: hooked.signal,
  };
  const guard = await startGuard(operation, orders);
  const signal = AbortSignal.any([hooked.signal, guard.over]);
  const { over } = guard;
  const own = { operation, hooked: { ...hooked, signal }, programs, orders, mark, over };
  const freeze = { ...wanted, ...own };
  const startedAt = performance.now();
  /** What is to be thawed, the last first. */
  const thaws: Thaw[] = [];
  let frozenMs = 0;
  const thaw = once(async (isDone: boolean) => {
    const problem = await thawAll(thaws, isDone);
    frozenMs = performance.now() - startedAt;
    return problem;
  });
  let outcome: { readonly value: T } | { readonly error: unknown };
  try {
    await freezeAll(freeze, thaws);
    // What is made of it then is worth nothing, and whoever waits for the thaw cannot be ended before.
    if (still?.until === 'released') whenAborted(hooked.signal, () => void thaw(false));
    outcome = { value: await work(signal) };
  } catch (error) {
    outcome = { error };
  }
  const problem = await thaw('value' in outcome);
  await guard.end(problem === undefined);
  operation.emit({ type: 'thawed', group: name, durationMs: frozenMs });
  wanted.onThawed(frozenMs);
  if ('error' in outcome) {
    if (problem !== undefined && problem !== outcome.error) operation.aftermath.add(problem);
    throw outcome.error;
  }
  const expiry: unknown = over.aborted ? over.reason : undefined;
  return { value: outcome.value, problem: expiry ?? problem };
}

/** The first call counts. */
function once<A, R>(work: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  let called: Promise<R> | undefined;
  return (argument) => (called ??= work(argument));
}

function whenAborted(signal: AbortSignal, work: () => void): void {
  if (signal.aborted) work();
  else signal.addEventListener('abort', work, { once: true });
}

/** The signal of `hooked` is that of the freeze. */
interface Freeze extends WantedFreeze {
  readonly operation: Operation;
  readonly programs: StillPrograms;
  readonly orders: Pick<WantedGuard, 'what' | 'mark'>;
  readonly mark: Readonly<Record<string, string>>;
  readonly over: AbortSignal;
}

/** `isDone`: whether the work was. Resolves with what has failed, if anything has. */
type Thaw = (isDone: boolean) => Promise<unknown>;

/** From the outside to the inside. What is to be thawed is noted before anything can be frozen. */
async function freezeAll(freeze: Freeze, thaws: Thaw[]): Promise<void> {
  const { operation, hooked, plan, programs, orders, mark, onPrinted, over } = freeze;
  const marked = { ...hooked, context: contextOf(hooked.context, mark) };
  if (plan.means.type === 'hold') {
    const { exec, output } = plan.means;
    const hold = { exec, output, max: plan.max, mark, orders, hooked, onPrinted, over };
    const holding = await startHold(operation, hold);
    thaws.push((isDone) => endHold(hold, holding, isDone));
  }
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
async function thawAll(thaws: readonly Thaw[], isDone: boolean): Promise<unknown> {
  let first: unknown;
  for (const thaw of thaws.toReversed()) {
    const problem = await thaw(isDone);
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

/** From the inside to the outside. */
async function partsOf(
  { hooked, plan, still }: WantedFreeze,
  programs: StillPrograms,
): Promise<readonly FreezePart[]> {
  const own = { ...contextOf(hooked.context, {}), signal: hooked.signal };
  const partOf = async (key: FreezePart['key'], execs: readonly ExecPlan[]) => ({
    key,
    thaw: await Promise.all(
      execs.map(async (exec) => ({
        ...(await buildCommand(exec, own)),
        timeoutMs: exec.timeout?.ms,
        verdict: verdictOf(exec),
      })),
    ),
  });
  const parts: FreezePart[] = [];
  if (still !== undefined)
    parts.push(await partOf(['still', JSON.stringify(still)], programs.thaw));
  const { means } = plan;
  if (means.type !== 'own')
    parts.push(await partOf(['freeze', describeMeans(means)], pairOf(plan).thaw));
  return parts;
}

function verdictOf({ accepted, signals, nice, ionice, root, inside }: ExecPlan): Verdict {
  return { accepted, signals, nice, ionice, root, inside };
}

/** Two that are the same in this freeze the same. Secrets are references in it. */
function describeMeans(means: Exclude<FreezeMeans, { readonly type: 'own' }>): string {
  const describe = ({ argv, env, user, cwd }: ExecPlan) => ({
    argv: argv.map(renderValue),
    env: [...env].map(([name, value]) => [name, renderValue(value)]),
    user,
    cwd,
  });
  const execs = means.type === 'hold' ? [means.exec] : [...means.freeze, ...means.thaw];
  return JSON.stringify([means.type, ...execs.map(describe)]);
}

/** A thaw that hangs leaves the service frozen: it has as long as the freeze may last. */
function withTimeout(exec: ExecPlan, max: Duration): ExecPlan {
  return { ...exec, timeout: exec.timeout ?? max };
}
