/** Events as `--log-format json` writes them; doc/events.md documents them. */
import type { Event } from '../events/events.js';
import { Failure } from '../failure/failure.js';
import { encodeFailure, type FailureJson } from './failure.js';

/** The fields of an event under their documented names: those of the union in snake_case. */
export type EventJson = FieldsOf<Event>;

/** One line of the log. */
export type EventLine = EventJson & {
  /** ISO 8601. */
  readonly time: string;
  readonly level: 'critical' | 'error' | 'warning' | 'info' | 'debug';
};

type FieldsOf<E> = E extends Event
  ? { readonly [K in keyof E as NameOf<K>]: E[K] extends Failure ? FailureJson : E[K] }
  : never;

/** `level` is taken by the severity: the one of stage-output, a verbosity, goes by that name. */
type NameOf<K> = K extends 'type' ? 'event' : K extends 'level' ? 'verbosity' : Snake<K>;

type Snake<K> = K extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : '';

export function encodeEvent(event: Event): EventJson {
  const fields = Object.entries(event).map(([key, value]) => [nameField(key), encodeValue(value)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- computed keys: NameOf says what nameField does
  return Object.fromEntries(fields) as EventJson;
}

function nameField(key: string): string {
  if (key === 'type') return 'event';
  if (key === 'level') return 'verbosity';
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function encodeValue(value: unknown): unknown {
  return value instanceof Failure ? encodeFailure(value) : value;
}
