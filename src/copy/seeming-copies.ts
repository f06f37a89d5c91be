/** What a person would call the copies of a task: those that can be listed, and those whose manifest is beyond use. */
import type { Copy, Listing } from './copy.js';
import { comparePrefixes, type Prefix, parsePrefix } from './prefix.js';

export type SeemingCopy =
  | { readonly type: 'copy'; readonly prefix: Prefix; readonly copy: Copy }
  /** Its manifest is damaged, of a newer format, or not signed as it should be. */
  | { readonly type: 'broken'; readonly prefix: Prefix; readonly why: string };

/** Oldest first. */
export function listSeemingCopies({ copies, strangers }: Listing): readonly SeemingCopy[] {
  const broken = strangers.flatMap(({ name, why, damaged }): SeemingCopy[] => {
    const prefix = damaged === true ? parsePrefix(name) : undefined;
    return prefix === undefined ? [] : [{ type: 'broken', prefix, why }];
  });
  const listed = copies.map((copy) => ({ type: 'copy', prefix: copy.prefix, copy }) as const);
  return [...listed, ...broken].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
}
