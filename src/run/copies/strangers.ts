import type { Listing } from '../../copy/copy.js';
import type { Emit } from '../../events/events.js';

/** Says what lies in the root and is not a copy: it is never touched, and somebody may wonder why. */
export function warnOfStrangers(emit: Emit, { strangers }: Listing): void {
  if (strangers.length === 0) return;
  const entries = strangers.length === 1 ? 'one entry' : `${strangers.length} entries`;
  emit({
    type: 'warning',
    message: `${entries} of the root left alone: not a copy of this task`,
    details: strangers.map(({ name, why }) => `${name}: ${why}`),
  });
}
