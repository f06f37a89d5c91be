/**
 * Which failures still have to be shown as a block. A failed object is reported twice: at once by `object-failed`, and
 * again, with what became of the copy, by the `failed` that ends the run. It is shown once, then, under the object's name.
 */
import type { StampedEvent } from '../events/events.js';
import type { Failure } from '../failure/failure.js';

export interface FailureNotice {
  readonly what: string | undefined;
  readonly failure: Failure;
}

export interface FailureLedger {
  /** The blocks to show now that this event has come. */
  note(event: StampedEvent): readonly FailureNotice[];
  /** Those that no `failed` ever followed. */
  rest(): readonly FailureNotice[];
}

export function createFailureLedger(): FailureLedger {
  let run: ((failure: Failure) => string) | undefined;
  let waiting: FailureNotice[] = [];

  function settle(failure: Failure): readonly FailureNotice[] {
    const same = waiting.find((notice) => isSame(notice.failure, failure));
    const others = waiting.filter((notice) => notice !== same);
    waiting = [];
    return [...others, { what: same?.what ?? run?.(failure), failure }];
  }

  return {
    note(event) {
      if (event.type === 'task-started') run = (failure) => nameRun(failure, event.task ?? '');
      if (event.type === 'drill-started') run = () => nameDrill(event);
      if (event.type === 'object-failed') {
        const what = `object "${event.object}" in group "${event.group}"`;
        waiting.push({ what, failure: event.failure });
      }
      return event.type === 'failed' ? settle(event.failure) : [];
    },
    rest() {
      const rest = waiting;
      waiting = [];
      return rest;
    },
  };
}

/** A failure that travels may gain details on its way; what happened stays what happened. */
function isSame(one: Failure, other: Failure): boolean {
  return one.code === other.code && one.message === other.message;
}

function nameDrill({
  task,
  prefix,
}: Extract<StampedEvent, { readonly type: 'drill-started' }>): string {
  return `drill of task "${task}", copy ${prefix}`;
}

function nameRun(failure: Failure, task: string): string {
  const rotation = failure.code === 'ROTATION_FAILED' || failure.code === 'ROTATION_REFUSED';
  return rotation ? `rotation of task "${task}"` : `task "${task}"`;
}
