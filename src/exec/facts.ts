/** What is known of the run, the group and the object that a stage belongs to, for the references to it in a config. */
import type { RunFact } from '../config/plan/value.js';

/** A lookup: what is not known here is asked of the layer above. */
export interface Facts {
  readonly task: string;
  readonly host: string;
  get(fact: RunFact): string | undefined;
}

export type KnownFacts = { readonly [fact in RunFact]?: string | undefined };

/** Those of a run, the lowest layer. A routine has no prefix and no object. */
export function factsOf(run: KnownFacts & { readonly task: string; readonly host: string }): Facts {
  return { task: run.task, host: run.host, get: (fact) => run[fact] };
}

/** Those of a part of it, such as a group or an object: its own, and what holds for the whole. */
export function layerFacts(whole: Facts, own: KnownFacts): Facts {
  const { task, host } = whole;
  return { task, host, get: (fact) => own[fact] ?? whole.get(fact) };
}
