/** Facts about the run, the group and the object of a stage. References in a config name them. */
import type { Inside } from '../config/plan/snapshots/sources.js';
import type { RunFact, SnapshotFact } from '../config/plan/value.js';

/** A lookup in layers: a fact that one layer does not have comes from the layer around it. */
export interface Facts {
  readonly task: string;
  readonly host: string;
  /** Of the group's snapshot. */
  readonly snapshot: SnapshotFacts | undefined;
  /** How programs are started that do not run on the host itself. */
  readonly entrances: Entrances;
  get(fact: RunFact): string | undefined;
}

export type Entrances = { readonly [inside in Inside]?: Entrance | undefined };

/** Starts a program elsewhere, by one of the host that hands on its stdin, stdout, stderr and exit code, and ends it when it ends itself. */
export interface Entrance {
  /** For people: `the container db`. */
  readonly description: string;
  /** What the kernel gets for a program with these arguments and variables. */
  command(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

/** What is known of a snapshot: each kind has some of it. */
export interface SnapshotFacts extends VolumeFacts {
  /** Of each volume, where they have names. */
  readonly volumes?: ReadonlyMap<string, VolumeFacts>;
}

export type VolumeFacts = { readonly [fact in SnapshotFact]?: string | undefined };

export type FactValues = { readonly [fact in RunFact]?: string | undefined };

/** The facts of a run: the outermost layer. A routine has no prefix and no object. */
export function factsOf(run: FactValues & { readonly task: string; readonly host: string }): Facts {
  return {
    task: run.task,
    host: run.host,
    snapshot: undefined,
    entrances: {},
    get: (fact) => run[fact],
  };
}

/** The facts of a part, such as a group or an object: its own ones, and those of the whole. */
export function layerFacts(whole: Facts, own: FactValues): Facts {
  return { ...whole, get: (fact) => own[fact] ?? whole.get(fact) };
}
