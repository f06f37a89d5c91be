/** The only file that knows every backend. */
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import { S3_TRAITS, s3Facts } from './aws-s3/facts.js';
import type { SinkFacts, Traits } from './facts.js';
import { LOCALFS_TRAITS, localfsFacts } from './localfs/facts.js';
import { NULL_TRAITS, nullFacts } from './null/facts.js';
import type { Finding, Probe, ProbeContext } from './probe.js';
import type { Sink, SinkContext } from './sink.js';

type Type = SinkPlan['type'];
type PlanOf<T extends Type> = { readonly [K in T]: Extract<SinkPlan, { type: K }> }[T];

interface Backend<T extends Type> {
  /** For people: the place where it stores. */
  readonly description: string;
  readonly traits: Traits;
  /** Pure and quick to load, because every command may call it. */
  readonly facts: (plan: PlanOf<T>) => SinkFacts;
  /**
   * Identifies the root as `SinkFacts.root`, but also by what this host finds there, such as symbolic links. Undefined when
   * there is no root yet, or it cannot be reached.
   */
  readonly locate: (plan: PlanOf<T>) => Promise<string | undefined>;
  /** A sentence when what is at its root can be no root. Asks nothing but this host. */
  readonly doubt: (plan: PlanOf<T>) => Promise<string | undefined>;
  /** Loads the code of the backend when it is first used. */
  readonly create: (plan: PlanOf<T>, context: SinkContext) => Promise<Sink>;
  readonly probe: Probe<PlanOf<T>>;
}

/** This does not compile when a type of plan has no backend. */
export const BACKENDS: { readonly [T in Type]: Backend<T> } = {
  localfs: {
    description: 'a directory, also on NFS or Samba',
    traits: LOCALFS_TRAITS,
    facts: localfsFacts,
    locate: async (plan) => (await import('./localfs/root.js')).locateRoot(plan),
    doubt: async (plan) => (await import('./localfs/root.js')).doubtRoot(plan),
    create: async (plan, context) =>
      (await import('./localfs/localfs-sink.js')).createLocalfsSink(plan, context),
    probe: async (plan, context) =>
      (await import('./localfs/probe.js')).probeLocalfs(plan, context),
  },
  'aws-s3': {
    description: 'a bucket, on AWS or any store that speaks S3',
    traits: S3_TRAITS,
    facts: s3Facts,
    locate: async (plan) => s3Facts(plan).root,
    doubt: async () => undefined,
    create: async (plan, context) =>
      (await import('./aws-s3/s3-sink.js')).createS3Sink(plan, context),
    probe: async (plan, context) =>
      (await import('./aws-s3/probe/probe.js')).probeS3(plan, context),
  },
  null: {
    description: 'nowhere: runs the pipelines and throws their output away',
    traits: NULL_TRAITS,
    facts: nullFacts,
    locate: async () => undefined,
    doubt: async () => undefined,
    create: async (plan) => (await import('./null/null-sink.js')).createNullSink(plan),
    probe: async () => [],
  },
};

export function traitsOf({ type }: SinkPlan): Traits {
  return BACKENDS[type].traits;
}

export function factsOf(plan: SinkPlan): SinkFacts {
  return facts(plan.type, plan);
}

function facts<T extends Type>(type: T, plan: PlanOf<T>): SinkFacts {
  const backend: Backend<T> = BACKENDS[type];
  return backend.facts(plan);
}

/** Two plans whose roots are one directory, or one place in a bucket, have the same. Undefined when that is not known. */
export function locateRoot(plan: SinkPlan): Promise<string | undefined> {
  return locate(plan.type, plan);
}

function locate<T extends Type>(type: T, plan: PlanOf<T>): Promise<string | undefined> {
  const backend: Backend<T> = BACKENDS[type];
  return backend.locate(plan);
}

export function doubtRoot(plan: SinkPlan): Promise<string | undefined> {
  return doubt(plan.type, plan);
}

function doubt<T extends Type>(type: T, plan: PlanOf<T>): Promise<string | undefined> {
  const backend: Backend<T> = BACKENDS[type];
  return backend.doubt(plan);
}

export function createSink(plan: SinkPlan, context: SinkContext): Promise<Sink> {
  return create(plan.type, plan, context);
}

function create<T extends Type>(type: T, plan: PlanOf<T>, context: SinkContext): Promise<Sink> {
  const backend: Backend<T> = BACKENDS[type];
  return backend.create(plan, context);
}

/** Does not fail when the sink lacks something. The findings tell that. */
export function probeSink(plan: SinkPlan, context: ProbeContext): Promise<readonly Finding[]> {
  return probe(plan.type, plan, context);
}

function probe<T extends Type>(
  type: T,
  plan: PlanOf<T>,
  context: ProbeContext,
): Promise<readonly Finding[]> {
  const backend: Backend<T> = BACKENDS[type];
  return backend.probe(plan, context);
}

/** The names of the backends that keep copies, for a sentence: `localfs or aws-s3`. */
export function wordKeepingBackends(): string {
  const names = Object.entries(BACKENDS).flatMap(([name, { traits }]) =>
    traits.keeps ? [name] : [],
  );
  return names.join(' or ');
}
