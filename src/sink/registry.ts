/** The one place that knows every backend. */
import type { SinkPlan } from '../config/plan.js';
import type { Sink, SinkContext } from './sink.js';

type Backend = SinkPlan['type'];
type PlanOf<T extends Backend> = { readonly [K in T]: Extract<SinkPlan, { type: K }> }[T];
type Factory<T extends Backend> = (plan: PlanOf<T>, context: SinkContext) => Promise<Sink>;

/** A plan without a factory does not compile. What a backend needs is loaded when it is used. */
const FACTORIES: { readonly [T in Backend]: Factory<T> } = {
  localfs: async (plan, context) =>
    (await import('./localfs/localfs-sink.js')).createLocalfsSink(plan, context),
  null: async () => (await import('./null/null-sink.js')).createNullSink(),
};

export function createSink(plan: SinkPlan, context: SinkContext): Promise<Sink> {
  return make(plan.type, plan, context);
}

function make<T extends Backend>(type: T, plan: PlanOf<T>, context: SinkContext): Promise<Sink> {
  const factory: Factory<T> = FACTORIES[type];
  return factory(plan, context);
}
