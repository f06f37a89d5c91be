/** Warnings about a rotation as a whole. */
import { formatSize, type Limit } from '../units/bytes.js';
import { type ClockGap, formatGap } from './clock-gap.js';
import type { Copy } from './copy.js';
import { formatPrefix } from './prefix.js';

const NAMES_SHOWN = 5;

export function warnOfFuture(future: readonly Copy[], now: number): readonly string[] {
  if (future.length === 0) {
    return [];
  }
  const which =
    future.length === 1
      ? `The copy ${nameCopies(future)} is dated`
      : `${future.length} copies are dated`;
  const list = future.length === 1 ? '' : `: ${nameCopies(future)}`;
  return [
    `${which} after now (${formatPrefix(now, 'seconds')})${list}. Kept and not counted: the clock is wrong now or was wrong then.`,
  ];
}

/** `spared`: the copies that stay because of a gap, with the gap, oldest first. */
export function warnOfGap(spared: readonly (readonly [Copy, ClockGap])[]): readonly string[] {
  const [first] = spared;
  if (first === undefined) return [];
  const which = spared.length === 1 ? 'copy lies' : 'copies lie';
  return [
    `${spared.length} ${which} before a gap of ${formatGap(first[1])} and would have been removed: ${nameCopies(spared.map(([copy]) => copy))}. ` +
      'Kept, as the clock may have jumped; a rotation with --yes removes what no keep rule covers.',
  ];
}

export function warnOfSize(newest: Copy | undefined, limit: Limit): readonly string[] {
  if (newest === undefined || limit.type === 'none' || BigInt(newest.size) <= limit.value) {
    return [];
  }
  return [
    `The newest copy ${newest.prefix.name} alone has ${showBytes(newest.size)}, more than root-size-limit, ` +
      `${showBytes(Number(limit.value))}: the limit leaves room for no other copy.`,
  ];
}

/** `locked`: the copies that rotation would have removed. */
export function warnOfLocked(locked: readonly Copy[]): readonly string[] {
  const [first, ...others] = locked;
  if (first === undefined) return [];
  if (others.length === 0) {
    return [
      `The copy ${first.prefix.name} may go, but is locked until ${formatLock(first)}. Kept until then.`,
    ];
  }
  const named = locked.slice(0, NAMES_SHOWN);
  const list = named.map((copy) => `${copy.prefix.name} until ${formatLock(copy)}`).join(', ');
  const more = locked.length > named.length ? ` and ${locked.length - named.length} more` : '';
  return [`${locked.length} copies may go, but are locked: ${list}${more}. Kept until then.`];
}

/** The end of the lock: `2026-12-20T12:00:00+00:00`. */
export function formatLock({ lockedUntil = 0 }: Copy): string {
  return formatPrefix(lockedUntil * 1000, 'seconds');
}

/** The exact figure is there because two different sizes may be rounded to the same one. */
function showBytes(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${bytes} bytes (${formatSize(bytes)})`;
}

function nameCopies(copies: readonly Copy[]): string {
  const names = copies.slice(0, NAMES_SHOWN).map((copy) => copy.prefix.name);
  const more = copies.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}
