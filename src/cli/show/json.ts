/**
 * One JSON object per event and line; doc/events.md documents them, and a test compares the two. The fields are those of
 * the event union in snake_case, with `time` and the severity as `level` in front.
 */
import type { Event } from '../../events/events.js';
import { Failure } from '../../failure/failure.js';
import { INFO, type Weight, weigh } from '../../report/weight.js';
import { priorityPrefix } from './journal.js';
import type { Clock, Output, View } from './view.js';

export interface JsonOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly verbosity: number;
  /** Whether every line begins with its `<N>` priority, which the journal takes off again. */
  readonly priorities: boolean;
  /** Whether `object-progress` counts as info instead of debug. */
  readonly progress: boolean;
}

export function createJsonView(options: JsonOptions): View {
  return {
    handle(event) {
      const { severity, from } = weighForJson(event, options.progress);
      if (options.verbosity < from) return;
      const record = {
        time: new Date(options.clock.now()).toISOString(),
        level: severity,
        ...fieldsOf(event),
      };
      const prefix = options.priorities ? priorityPrefix(severity) : '';
      options.output.write(`${prefix}${renderJsonLine(record)}\n`);
    },
    close() {},
  };
}

function weighForJson(event: Event, progress: boolean): Weight {
  return progress && event.type === 'object-progress' ? INFO : weigh(event);
}

/** The event's fields under their documented names. */
export function fieldsOf(event: Event): Readonly<Record<string, unknown>> {
  const { type, ...fields } = event;
  return Object.fromEntries([
    ['event', type],
    ...Object.entries(fields).map(([key, value]) => [nameField(key), toJson(value)]),
  ]);
}

/** `level` is taken by the severity: the one of stage-output, a verbosity, goes by that name. */
function nameField(key: string): string {
  if (key === 'level') return 'verbosity';
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toJson(value: unknown): unknown {
  if (!(value instanceof Failure)) return value;
  const { code, message, details, hint, place } = value;
  return { code, message, details, hint: hint ?? null, place: place ?? null };
}

/** JSON.stringify leaves DEL and the C1 controls as they are, and some terminals obey the latter: they are escaped too. */
function renderJsonLine(record: unknown): string {
  return JSON.stringify(record).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
