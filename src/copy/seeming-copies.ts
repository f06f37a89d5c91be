/** All directories that look like copies of a task: the copies, and those whose manifest cannot be used. */
import type { Copy, Listing } from './copy.js';
import type { Dated } from './latest.js';
import { comparePrefixes, parsePrefix } from './prefix.js';

export type SeemingCopy =
  | ({ readonly type: 'copy'; readonly copy: Copy } & Dated)
  /** Its manifest is damaged, has a newer format, or has no valid signature. */
  | ({ readonly type: 'broken'; readonly why: string } & Dated);

/** What seems to be a copy, but could not be read. It may be whole. */
export interface UnreadCopy extends Dated {
  readonly type: 'unread';
  readonly why: string;
}

/** Oldest first. */
export function listUnread({ strangers }: Listing): readonly UnreadCopy[] {
  const named = strangers.flatMap(({ name, why, unread }): UnreadCopy[] => {
    const prefix = unread === true ? parsePrefix(name) : undefined;
    return prefix === undefined ? [] : [{ type: 'unread', prefix, manifest: true, why }];
  });
  return named.sort((a, b) => comparePrefixes(a.prefix, b.prefix));
}

/** Oldest first. */
export function listSeemingCopies({ copies, strangers }: Listing): readonly SeemingCopy[] {
  const broken = strangers.flatMap(({ name, why, damaged }): SeemingCopy[] => {
    const prefix = damaged === true ? parsePrefix(name) : undefined;
    return prefix === undefined ? [] : [{ type: 'broken', prefix, manifest: true, why }];
  });
  const listed = copies.map(
    (copy) => ({ type: 'copy', prefix: copy.prefix, manifest: copy.manifest, copy }) as const,
  );
  return [...listed, ...broken].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
}
