/**
 * Which failures still have to be shown as a block. The failure of an object is reported twice: at once by
 * `object-failed`, and again by the `failed` that ends the run, with what happened to the copy. It is shown only once: at
 * the second report, with the name of the object. Objects that failed in the same words, as when descriptors run out, share a
 * block.
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
  /** The failures of tasks that have ended. A task inside a routine ends before the routine does. */
  const ofTasks: { readonly task: string; readonly failure: Failure }[] = [];
  let waiting: FailureNotice[] = [];

  function settle(failure: Failure): readonly FailureNotice[] {
    const notices = joinAlike(waiting);
    const same = notices.find(isOf(failure));
    const others = notices.filter((notice) => notice !== same);
    waiting = [];
    return [...others, { what: same?.what ?? run?.(failure), failure }];
  }

  return {
    note(event) {
      if (event.type === 'task-started') {
        const { task = '' } = event;
        run ??= (failure) => nameRun(failure, ofTasks.find(isOf(failure))?.task ?? task);
      }
      if (event.type === 'task-finished' || event.type === 'task-failed') {
        const { task, failure, afterwards } = event.report;
        const failures = failure === undefined ? afterwards : [failure, ...afterwards];
        ofTasks.push(...failures.map((one) => ({ task: task ?? '', failure: one })));
      }
      if (event.type === 'drill-started') run = () => nameDrill(event);
      if (event.type === 'object-failed') {
        const what = `object "${event.object}" in group "${event.group}"`;
        waiting.push({ what, failure: event.failure });
      }
      return event.type === 'failed' ? settle(event.failure) : [];
    },
    rest() {
      const rest = joinAlike(waiting);
      waiting = [];
      return rest;
    },
  };
}

function joinAlike(notices: readonly FailureNotice[]): readonly FailureNotice[] {
  const alike = new Map<string, FailureNotice[]>();
  for (const notice of notices) {
    const { code, message, details, hint, place } = notice.failure;
    const words = JSON.stringify([code, message, details, hint, place]);
    alike.set(words, [...(alike.get(words) ?? []), notice]);
  }
  return Array.from(alike.values()).flatMap(([first, ...others]) => {
    if (first === undefined || others.length === 0) return first ?? [];
    return { what: `${first.what} and ${others.length} more`, failure: first.failure };
  });
}

/** A failure may gain details on its way. Its code and its message stay the same. */
function isOf({ code, message }: Failure) {
  return ({ failure }: { readonly failure: Failure }): boolean =>
    failure.code === code && failure.message === message;
}

function nameDrill({
  task,
  prefix,
}: Extract<StampedEvent, { readonly type: 'drill-started' }>): string {
  return `drill of task "${task}", copy ${prefix}`;
}

function nameRun(failure: Failure, task: string): string {
  const rotation = ['ROTATION_FAILED', 'ROTATION_REFUSED', 'COPY_NOT_LISTED'].includes(
    failure.code,
  );
  return rotation ? `rotation of task "${task}"` : `task "${task}"`;
}
