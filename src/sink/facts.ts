/** What the plan alone tells about a sink, without asking the store. Every rendering of a plan uses these facts. */
import type { RetentionPolicy } from '../copy/policy.js';
import type { PrefixFormat } from '../copy/prefix.js';

export interface SinkFacts {
  /** The backend and the place where it stores: `localfs`, `/media/backup/db1`. */
  readonly place: readonly string[];
  /**
   * Identifies the root: two plans with the same place have the same one, and only one of them may run at a time. It is never
   * shown, but others may store it.
   */
  readonly root: string;
  /** The directory of this host that it writes to; undefined when it writes to none. */
  readonly directory: string | undefined;
  /** For people, in the order of reading. Unprintable characters are not escaped. */
  readonly rows: readonly SinkFact[];
  /** The part of the documented JSON of a plan that belongs to this backend: all except `prefix` and `retention`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The form of the names of its copies. */
  readonly prefix: PrefixFormat;
  /** Which copies are kept. Undefined for a sink that keeps none. */
  readonly retention: RetentionPolicy | undefined;
  /** The memory of this host that storing one object takes. Undefined when it is negligible. */
  readonly memoryFor: ((allocSize: number | undefined) => ObjectMemory) | undefined;
}

/** One line for people: `localfs /media/backup/db1`. */
export function describePlace({ place }: Pick<SinkFacts, 'place'>): string {
  return place.join(' ');
}

export type SinkFact = readonly [name: string, text: string];

/** Bytes, for the first volume of an object and for each later one. */
export interface ObjectMemory {
  readonly first: number;
  readonly further: number;
}

/** What all sinks of a backend have in common. Callers ask for a trait, never for the name of the backend. */
export interface Traits {
  /** False when nothing is stored. Then there are no copies, and the other traits have no meaning. */
  readonly keeps: boolean;
  /** What the size of an object counts: the bytes in the store, or the bytes that were given to it. */
  readonly sizes: 'stored' | 'logical';
  /** Who computes the SHA-256 of an object: the sink itself, or a tap in the pipeline before it. */
  readonly digest: 'own' | 'tapped';
  /** How old copies are removed: one by one with `remove`, by palhm's own plan, or together, by the rules of the store. */
  readonly rotation: 'copies' | 'delegated';
  /** True when `OpenCopy.create` works better with an expected size. */
  readonly wantsExpectedSize: boolean;
}
