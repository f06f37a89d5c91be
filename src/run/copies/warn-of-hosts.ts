import type { Listing } from '../../copy/copy.js';
import { describeHosts, SEVERAL_HOSTS } from '../../copy/hosts.js';
import type { Emit } from '../../events/events.js';

/** Warns of copies of more than one host. `own`: the host that is about to make one. */
export function warnOfHosts(emit: Emit, { copies }: Listing, own?: string): void {
  const message = describeHosts(copies, own);
  if (message !== undefined) emit({ type: 'warning', message, details: [SEVERAL_HOSTS] });
}
