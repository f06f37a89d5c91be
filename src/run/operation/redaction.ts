/** The last look at what an operation tells: no secret that its redactor knows leaves it, whoever has written the text. */
import { ConfigErrors } from '../../config/read/diagnostics.js';
import type { StampedEvent } from '../../events/events.js';
import type { Redactor } from '../../exec/redactor.js';
import { Failure } from '../../failure/failure.js';

export function redactFailure(failure: Failure, { redact }: Redactor): Failure {
  // The lines of a config are shown, or are not, where the problem is found.
  if (failure instanceof ConfigErrors) return failure;
  const { code, place, cause } = failure;
  const message = redact(failure.message);
  const details = failure.details.map(redact);
  const hint = failure.hint === undefined ? undefined : redact(failure.hint);
  const isClean =
    message === failure.message &&
    hint === failure.hint &&
    details.every((line, index) => line === failure.details[index]);
  return isClean ? failure : new Failure({ code, message, details, hint, place, cause });
}

/** What is a name or a figure stays as it is. The lines of stages are redacted before they are cut. */
export function redactEvent(event: StampedEvent, redactor: Redactor): StampedEvent {
  const { redact } = redactor;
  if ('failure' in event) return { ...event, failure: redactFailure(event.failure, redactor) };
  if ('details' in event)
    return { ...event, message: redact(event.message), details: event.details.map(redact) };
  if ('message' in event) return { ...event, message: redact(event.message) };
  if ('problem' in event) return { ...event, problem: redact(event.problem) };
  if ('reason' in event) return { ...event, reason: redact(event.reason) };
  if ('holder' in event) return { ...event, holder: redact(event.holder) };
  if ('command' in event) return { ...event, command: redact(event.command) };
  if ('what' in event) return { ...event, what: redact(event.what) };
  return event;
}
