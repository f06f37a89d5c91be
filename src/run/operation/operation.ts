/**
 * What every operation of palhm is given by the front end that starts it. The engine reads no clock, stream, signal or
 * environment of its process.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import type { Plan } from '../../config/plan/plan.js';
import type { SinkPlan } from '../../config/plan/sinks/sinks.js';
import type { PlanCache } from '../../config/plan-cache.js';
import { type Emit, type Event, type Outlet, stampEvents } from '../../events/events.js';
import { createRedactor, type Redactor } from '../../exec/redactor.js';
import { learnInherited } from '../../exec/secret-variables.js';
import type { Sink, SinkContext } from '../../sink/sink.js';
import { type Aftermath, createAftermath } from './bracket.js';
import { redactEvent, redactFailure } from './redaction.js';
import { createSignalMask, type SignalMask } from './signal-mask.js';

/** The host as the engine knows it. */
export interface HostFacts {
  /** In manifests, records and the environment of stages. */
  readonly name: string;
  /** Epoch milliseconds. The clock can be wrong. */
  readonly clock: () => number;
  /** Stages inherit it. References to the environment and to credentials are looked up in it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a front end gives to an operation. */
export interface Surroundings {
  readonly plan: Plan;
  /** Keeps the plans that were read. Without it every operation reads the shipped plan again. */
  readonly plans?: PlanCache;
  readonly host: HostFacts;
  /** Takes the events. What it throws does not stop the operation: the first such defect goes to the aftermath. */
  readonly outlet: Outlet;
  /**
   * Undefined while the outlet keeps up. Else it resolves when the outlet does again, or when it is not waited for any
   * longer; until then stages that print are slowed down. By default no stage is.
   */
  readonly whenLogReady?: () => Promise<void> | undefined;
  /**
   * When it is aborted, the operation stops in good order. Its reason should be a Failure; any other reason is reported as
   * a Failure TERMINATED.
   */
  readonly signal: AbortSignal;
  /** A UUID; by default a new one. */
  readonly id?: string;
  /** The signal mask of this run, which the builtin `sigmask` changes. */
  readonly mask?: SignalMask;
  /** Where the stdout of a stage goes when nothing else reads it, by its `vl-stdout`. By default nowhere. */
  readonly stdout?: StageStdout;
  /** Values that a request declares. Stages get them: `stop-all` as PALHM_PARAMETER_STOP_ALL. */
  readonly parameters?: ReadonlyMap<string, string>;
  readonly createSink?: CreateSink;
}

/** A descriptor, or nowhere. */
export type StageStdout = (level: number) => number | 'ignore';
type CreateSink = (plan: SinkPlan, context: SinkContext) => Promise<Sink>;

/** One call of the engine. */
export interface Operation {
  /** `PALHM_RUN` of its stages, the name of its partial files, the `run` of its events. */
  readonly id: string;
  /** Undefined while it is not known. */
  readonly task: string | undefined;
  readonly plan: Plan;
  readonly plans: PlanCache | undefined;
  readonly host: HostFacts;
  readonly outlet: Outlet;
  readonly whenLogReady: () => Promise<void> | undefined;
  /** Tells the outlet of an event of this operation and task. */
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly aftermath: Aftermath;
  /** Knows the secrets of the operation. Everything that it tells, reports and records goes through it. */
  readonly redactor: Redactor;
  readonly mask: SignalMask;
  readonly stdout: StageStdout;
  readonly parameters: ReadonlyMap<string, string>;
  readonly createSink: CreateSink;
}

export function openOperation(surroundings: Surroundings): Operation {
  const { plan, plans, host, id = randomUUID() } = surroundings;
  const signal = AbortSignal.any([surroundings.signal]);
  // Every stage and request that is under way listens to it: Node warns on stderr from the eleventh listener on.
  setMaxListeners(0, signal);
  const redactor = createRedactor((reference, why) => emit(unsafeSecret(reference, why)));
  learnInherited(redactor, host.environment, 'safe');
  const aftermath = aftermathOf({ redactor });
  const outlet = guardOutlet(redactOutlet(surroundings.outlet, redactor), aftermath);
  const emit = stampEvents(outlet, { run: id, task: undefined, clock: host.clock });
  return {
    id,
    task: undefined,
    plan,
    plans,
    host,
    signal,
    outlet,
    whenLogReady: surroundings.whenLogReady ?? (() => undefined),
    emit,
    aftermath,
    redactor,
    mask: surroundings.mask ?? createSignalMask(),
    stdout: surroundings.stdout ?? (() => 'ignore'),
    parameters: surroundings.parameters ?? new Map(),
    createSink: surroundings.createSink ?? createRegisteredSink,
  };
}

/** The backends are loaded when the first sink is made. */
const createRegisteredSink: CreateSink = async (plan, context) =>
  (await import('../../sink/registry.js')).createSink(plan, context);

/** The same operation; its events name this task. */
export function forTask(operation: Operation, task: string): Operation {
  const { id: run, outlet, host } = operation;
  return { ...operation, task, emit: stampEvents(outlet, { run, task, clock: host.clock }) };
}

/**
 * A front end that cannot take an event must not stop a backup half-way. Every later event is offered to it all the same;
 * only its first defect is kept, because it may throw at every event.
 */
function guardOutlet(outlet: Outlet, aftermath: Aftermath): Outlet {
  let hasThrown = false;
  return (event) => {
    try {
      outlet(event);
    } catch (error) {
      if (!hasThrown) aftermath.add(error);
      hasThrown = true;
    }
  };
}

/** Where the failures of closings go, for a part of an operation. */
export function aftermathOf({ redactor }: Pick<Operation, 'redactor'>): Aftermath {
  return createAftermath((failure) => redactFailure(failure, redactor));
}

function redactOutlet(outlet: Outlet, redactor: Redactor): Outlet {
  return (event) => outlet(redactEvent(event, redactor));
}

function unsafeSecret(reference: string, why: string): Event {
  return {
    type: 'warning',
    message: `${reference} cannot be kept out of logs: it ${why}`,
    details: ['Replacing it would damage other words. Choose a longer secret.'],
  };
}

/** The host that palhm runs on, with this environment. */
export function describeHost(environment: HostFacts['environment']): HostFacts {
  return { name: hostname(), clock: Date.now, environment };
}
