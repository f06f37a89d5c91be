/**
 * Whether the copies of a task in one root are of one host. Two hosts with one root and one task id rotate each other's copies
 * away. The name of a host is no filter for copies, because it may change, as that of a container does: so a person is warned.
 */
import { count } from '../units/count.js';
import { shorten } from '../units/shorten.js';
import type { Copy } from './copy.js';

const NAMES_SHOWN = 5;

/** What follows of several hosts in one root. */
export const SEVERAL_HOSTS =
  'each rotates the copies of the others away, and restore mixes them; give each host a root of its own, and ignore this where a host has only changed its name';

/** `own`: the host that is about to make a copy. Undefined when all copies are of one host, or none says of which. */
export function describeHosts(copies: readonly Copy[], own?: string): string | undefined {
  const made = new Map<string, number>();
  for (const { host } of copies) if (host !== undefined) made.set(host, (made.get(host) ?? 0) + 1);
  if (own !== undefined && made.size > 0 && !made.has(own)) made.set(own, 0);
  if (made.size < 2) return undefined;
  const shown = [...made]
    .slice(-NAMES_SHOWN)
    .map(([host, number]) => `${shorten(host)} (${count(number, 'copy', 'copies')})`);
  const more = made.size - shown.length;
  const named = more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
  return `the root has copies of ${made.size} hosts under this task: ${named}`;
}
