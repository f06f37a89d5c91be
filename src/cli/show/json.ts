/** One JSON object per event and line, with `time` and the severity as `level` in front. */
import type { Event } from '../../events/events.js';
import { INFO, type Weight, weigh } from '../../report/weight.js';
import { type EventLine, encodeEvent } from '../../wire/event.js';
import { writeJsonLine } from '../../wire/json-text.js';
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
      const line: EventLine = {
        time: new Date(options.clock.now()).toISOString(),
        level: severity,
        ...encodeEvent(event),
      };
      const prefix = options.priorities ? priorityPrefix(severity) : '';
      options.output.write(prefix + writeJsonLine(line));
    },
    close() {},
  };
}

function weighForJson(event: Event, progress: boolean): Weight {
  return progress && event.type === 'object-progress' ? INFO : weigh(event);
}
