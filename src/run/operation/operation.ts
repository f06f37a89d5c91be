/** What every operation of palhm is given by whoever starts it. The engine reads no clock, stream, signal or environment of its process. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Plan } from '../../config/plan/plan.js';
import type { SinkPlan } from '../../config/plan/sinks/sinks.js';
import type { PlanCache } from '../../config/plan-cache.js';
import { type Emit, type Outlet, stampEvents } from '../../events/events.js';
import type { Sink, SinkContext } from '../../sink/sink.js';
import { type Aftermath, createAftermath } from './bracket.js';
import { createSignalMask, type SignalMask } from './signal-mask.js';

/** The host as the engine knows it. */
export interface HostFacts {
  /** In manifests, records and the environment of stages. */
  readonly name: string;
  /** Epoch milliseconds; a clock that can be wrong. */
  readonly clock: () => number;
  /** What stages inherit, and where references to the environment and to credentials are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a front end hands in. */
export interface Surroundings {
  readonly plan: Plan;
  /** Keeps the plans that are read; without it the shipped one is read for each operation. */
  readonly plans?: PlanCache;
  readonly host: HostFacts;
  /** Takes the events. */
  readonly outlet: Outlet;
  /** Aborted with a Failure as its reason: the operation stops in good order. */
  readonly signal: AbortSignal;
  /** A UUID; made when it is left out. */
  readonly id?: string;
  /** Of this run: the builtin `sigmask` changes it. */
  readonly mask?: SignalMask;
  /** Where the stdout of a stage goes that nothing else reads, by its `vl-stdout`: a descriptor, or nowhere. */
  readonly stdout?: StageStdout;
  /** Values that a request declares. */
  readonly parameters?: ReadonlyMap<string, string>;
  readonly createSink?: CreateSink;
}

export type StageStdout = (level: number) => number | 'ignore';
type CreateSink = (plan: SinkPlan, context: SinkContext) => Promise<Sink>;

export interface Operation {
  /** `PALHM_RUN` of its stages, the name of what is partial, the `run` of its events. */
  readonly id: string;
  readonly plan: Plan;
  readonly plans: PlanCache | undefined;
  readonly host: HostFacts;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly aftermath: Aftermath;
  readonly mask: SignalMask;
  readonly stdout: StageStdout;
  readonly parameters: ReadonlyMap<string, string>;
  readonly createSink: CreateSink;
  /** The same operation, whose events are of this task. */
  about(task: string): Operation;
  /** The task that it turned out to be about; undefined while that is not known. */
  task(): string | undefined;
}

export function openOperation(surroundings: Surroundings): Operation {
  const { plan, plans, host, outlet, signal } = surroundings;
  const id = surroundings.id ?? randomUUID();
  const mask = surroundings.mask ?? createSignalMask();
  const aftermath = createAftermath();
  let latest: string | undefined;
  const about = (task: string | undefined): Operation => ({
    id,
    plan,
    plans,
    host,
    signal,
    emit: stampEvents(outlet, { run: id, task, clock: host.clock }),
    aftermath,
    mask,
    stdout: surroundings.stdout ?? (() => 'ignore'),
    parameters: surroundings.parameters ?? new Map(),
    createSink: surroundings.createSink ?? createRegisteredSink,
    about(one) {
      latest = one;
      return about(one);
    },
    task: () => latest,
  });
  return about(undefined);
}

/** The backends are loaded when the first sink is made. */
const createRegisteredSink: CreateSink = async (plan, context) =>
  (await import('../../sink/registry.js')).createSink(plan, context);

/** Where short-lived files go: what os.tmpdir() would say of the environment that was handed in. */
export function temporaryDirectoryOf({ environment }: HostFacts): string {
  return environment['TMPDIR'] ?? environment['TMP'] ?? environment['TEMP'] ?? '/tmp';
}

/** This host, with the environment that is handed in. */
export function describeHost(environment: HostFacts['environment']): HostFacts {
  return { name: hostname(), clock: Date.now, environment };
}
