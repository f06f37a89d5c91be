/**
 * One JSON object per event and line; doc/events.md documents them, and a test compares the two. The fields are those of
 * the event union in snake_case, with `time` and the severity as `level` in front.
 */

import { ConfigErrors, type Diagnostic } from '../../config/read/diagnostics.js';
import type { Event, StampedEvent } from '../../events/events.js';
import { Failure } from '../../failure/failure.js';
import { INFO, type Weight, weigh } from '../../report/weight.js';
import { priorityPrefix } from './journal.js';
import type { Output, View } from './view.js';

export interface JsonOptions {
  readonly output: Output;
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
      const prefix = options.priorities ? priorityPrefix(severity) : '';
      for (const one of separateProblems(event)) {
        const { time, run = null, task = null, ...rest } = one;
        const stamp = { time: new Date(time).toISOString(), level: severity, run, task };
        options.output.write(`${prefix}${renderJsonLine({ ...stamp, ...fieldsOf(rest) })}\n`);
      }
    },
    close() {},
  };
}

/** Each problem of a config is an event of its own. */
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

function weighForJson(event: StampedEvent, progress: boolean): Weight {
  return progress && event.type === 'object-progress' ? INFO : weigh(event);
}

/** The event's fields under their documented names. */
export function fieldsOf(event: Event): Readonly<Record<string, unknown>> {
  const { type, ...fields } = event;
  const told = Object.entries(fields).filter(([key]) => key !== 'report');
  return Object.fromEntries([
    ['event', type],
    ...told.map(([key, value]) => [nameField(key), toJson(value)]),
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
