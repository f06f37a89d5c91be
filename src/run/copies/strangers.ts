import type { Listing } from '../../copy/copy.js';
import type { Emit } from '../../events/events.js';

/** Warns of what lies in the root and is not a copy. palhm never touches it, and a person may wonder why. */
export function warnOfStrangers(emit: Emit, { strangers }: Listing): void {
  if (strangers.length === 0) return;
  const entries = strangers.length === 1 ? 'one entry' : `${strangers.length} entries`;
  emit({
    type: 'warning',
    message: `${entries} of the root left alone: not a copy of this task`,
    details: strangers.map(({ name, why }) => `${name}: ${why}`),
  });
}
