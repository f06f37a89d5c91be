/** What is known of a sink from its plan alone, without asking it. Every rendering of a plan is made of these. */
import type { RetentionPolicy } from '../copy/policy.js';
import type { PrefixFormat } from '../copy/prefix.js';

export interface SinkFacts {
  /** The backend, and where it stores: `localfs`, `/media/backup/db1`. */
  readonly place: readonly string[];
  /** What one run at a time is per: two plans of the same place have the same. Never shown, may be kept by others. */
  readonly root: string;
  /** For people: names of facts and what there is to say, as they are to be read. Unprintable characters are not escaped. */
  readonly rows: readonly SinkFact[];
  /** Its own part of the documented JSON of a plan: all but `prefix` and `retention`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** How its copies are named. */
  readonly prefix: PrefixFormat;
  /** How many of its copies are kept; undefined where there are none. */
  readonly retention: RetentionPolicy | undefined;
  /** What storing one object takes of the memory of this host; undefined when it is nothing worth saying. */
  readonly memoryFor: ((allocSize: number | undefined) => ObjectMemory) | undefined;
}

/** One line for people: `localfs /media/backup/db1`. */
export function describePlace({ place }: Pick<SinkFacts, 'place'>): string {
  return place.join(' ');
}

export type SinkFact = readonly [name: string, text: string];

/** Bytes, in the first volume of an object and in those after it. */
export interface ObjectMemory {
  readonly first: number;
  readonly further: number;
}

/** What all sinks of a backend have in common, for whoever would ask for its name otherwise. */
export interface Traits {
  /** False: nothing is stored, there are no copies, and the others say nothing. */
  readonly keeps: boolean;
  /** What the size of an object counts: the bytes that the store has, or those that were given to it. */
  readonly sizes: 'stored' | 'logical';
  /** Who makes the SHA-256 of an object: the sink itself, or nobody, so that it has to be tapped on the way. */
  readonly digest: 'own' | 'tapped';
  /** How old copies go: each by `remove`, as the plan of palhm says, or all at once, by the rules of the store. */
  readonly rotation: 'copies' | 'delegated';
  /** `OpenCopy.create` stores better when it is told the size to expect. */
  readonly wantsExpectedSize: boolean;
}
