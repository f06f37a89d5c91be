/** Events as `--log-format json` writes them. doc/events.md documents them. */
import { ConfigErrors, type Diagnostic } from '../config/read/diagnostics.js';
import type { Event, Stamp, StampedEvent } from '../events/events.js';
import { Failure } from '../failure/failure.js';
import { encodeFailure, type FailureJson } from './failure.js';

export type LevelJson = 'critical' | 'error' | 'warning' | 'info' | 'debug';

/** One line of the log: a stamp, and the fields of the event with their documented names, in snake_case. */
export type EventLine = (FieldsOf<Event> | MissedFields) & {
  /** ISO 8601. */
  readonly time: string;
  readonly level: LevelJson;
  readonly run: string | null;
  readonly task: string | null;
};

/** Not of the engine: whoever writes the log has left out lines that the reader had no room for. */
interface MissedFields {
  readonly event: 'missed';
  readonly count: number;
}

type FieldsOf<E> = E extends Event
  ? {
      readonly [K in Exclude<keyof E, 'report'> as NameOf<K>]: E[K] extends Failure
        ? FailureJson
        : E[K];
    }
  : never;

/** The name `level` is used for the severity. So the `level` of stage-output, a verbosity, is called `verbosity`. */
type NameOf<K> = K extends 'type' ? 'event' : K extends 'level' ? 'verbosity' : Snake<K>;

type Snake<K> = K extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : '';

/** The lines of an event: one, except that each problem of a config has its own line. */
export function encodeEvents(event: StampedEvent, level: LevelJson): readonly EventLine[] {
  return separateProblems(event).map((one) => encodeEvent(one, level));
}

function separateProblems(event: StampedEvent): readonly StampedEvent[] {
  if (event.type !== 'failed' || !(event.failure instanceof ConfigErrors)) return [event];
  return event.failure.diagnostics.map((diagnostic) => ({
    ...event,
    failure: toFailure(diagnostic),
  }));
}

function toFailure({ code, message, place, hint, notes }: Diagnostic): Failure {
  const details = notes.map(
    (note) => `${note.text} ${note.place.file}:${note.place.line}:${note.place.column}`,
  );
  return new Failure({ code, message, details, hint, place });
}

export function encodeEvent(event: StampedEvent, level: LevelJson): EventLine {
  const { time, run, task, ...rest } = event;
  const fields = Object.entries(rest)
    .filter(([key]) => key !== 'report')
    .map(([key, value]) => [nameField(key), encodeValue(value)]);
  const stamp = encodeStamp({ time, run, task }, level);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- computed keys: NameOf says what nameField does
  return { ...stamp, ...Object.fromEntries(fields) } as EventLine;
}

/** Stands where `count` lines were left out. */
export function encodeMissed(count: number, stamp: Stamp): EventLine {
  return { ...encodeStamp(stamp, 'warning'), event: 'missed', count };
}

function encodeStamp({ time, run, task }: Stamp, level: LevelJson) {
  return { time: new Date(time).toISOString(), level, run: run ?? null, task: task ?? null };
}

function nameField(key: string): string {
  if (key === 'type') return 'event';
  if (key === 'level') return 'verbosity';
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function encodeValue(value: unknown): unknown {
  return value instanceof Failure ? encodeFailure(value) : value;
}
