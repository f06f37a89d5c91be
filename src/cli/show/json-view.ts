/**
 * Each event as one line with a JSON object. doc/events.md documents them, and a test compares the two. The fields are
 * those of the event union in snake_case, after `time` and the severity as `level`.
 */
import type { StampedEvent } from '../../events/events.js';
import { INFO, type Weight, weigh } from '../../report/weight.js';
import { encodeEvents } from '../../wire/event.js';
import { writeJsonLine } from '../../wire/json-text.js';
import { priorityPrefix } from './journal.js';
import type { Output, View } from './view.js';

export interface JsonOptions {
  readonly output: Output;
  readonly verbosity: number;
  /** Whether every line begins with its `<N>` priority, which the journal removes. */
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
      for (const line of encodeEvents(event, severity))
        options.output.write(prefix + writeJsonLine(line));
    },
    close() {},
  };
}

function weighForJson(event: StampedEvent, progress: boolean): Weight {
  return progress && event.type === 'object-progress' ? INFO : weigh(event);
}
