/**
 * Which failures still have to be shown as a block. The failure of an object is reported twice: at once by
 * `object-failed`, and again by the `failed` that ends the run, with what happened to the copy. It is shown only once: at
 * the second report, with the name of the object.
 */
import type { StampedEvent } from '../events/events.js';
import type { Failure } from '../failure/failure.js';

export interface FailureNotice {
  readonly what: string | undefined;
  readonly failure: Failure;
}

export interface FailureLedger {
  /** Records an event. Returns the failures to show now. */
  note(event: StampedEvent): readonly FailureNotice[];
  /** The failures of objects that no `failed` has followed. */
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

/** A failure may gain details on its way. Its code and its message stay the same. */
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
