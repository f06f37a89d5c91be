/**
 * What a load has seen of the file system. It tells later whether a new load would see the same.
 *
 * Files and directories are compared by device, inode, size, mtime and ctime (inode(7)). The kernel sets ctime at every
 * change of content or name, also when mtime is set back or when a file is moved into the place of another.
 */
import type { BigIntStats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { isErrno } from '../../failure/failure.js';

/** What was at a path; undefined when nothing was. */
export interface Footprint {
  readonly seen: Map<string, Identity | undefined>;
}

interface Identity {
  readonly text: string;
  readonly changedMs: number;
}

/** Within this time two changes of a file may carry the same timestamp: kernels count in ticks, FAT in two seconds. */
const GRANULARITY_MS = 2000;

export function emptyFootprint(): Footprint {
  return { seen: new Map() };
}

/**
 * Notes what is at a path, symlinks followed. To be called before the content is read: a change in between is then
 * found later. False when there is nothing; throws any other error of the system.
 */
export async function noteContent(path: string, { seen }: Footprint): Promise<boolean> {
  const identity = await identityOf(stat, path);
  // What is named twice is used as it was the first time.
  if (!seen.has(path)) seen.set(path, identity);
  return identity !== undefined;
}

/** Notes that nothing is at a path, or returns true: a symlink without a target is something. */
export async function noteName(path: string, { seen }: Footprint): Promise<boolean> {
  const identity = await identityOf(lstat, path).catch(() => 'unknown');
  if (identity === undefined && !seen.has(path)) seen.set(path, undefined);
  return identity !== undefined;
}

/** Whether every change of what was seen after `now`, epoch milliseconds, would be noticed. */
export function isReliable({ seen }: Footprint, now: number): boolean {
  return [...seen.values()].every(
    (identity) => identity === undefined || now - identity.changedMs >= GRANULARITY_MS,
  );
}

/** Whether everything is as it was seen. */
export async function isUnchanged({ seen }: Footprint): Promise<boolean> {
  const same = await Promise.all([...seen].map(([path, identity]) => isSame(path, identity)));
  return same.every(Boolean);
}

async function isSame(path: string, before: Identity | undefined): Promise<boolean> {
  try {
    const now = await identityOf(before === undefined ? lstat : stat, path);
    return now?.text === before?.text;
  } catch {
    // Whatever the error is: reading anew reports it.
    return false;
  }
}

type Look = (path: string, options: { readonly bigint: true }) => Promise<BigIntStats>;

async function identityOf(look: Look, path: string): Promise<Identity | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await look(path, { bigint: true });
    const text = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    return { text, changedMs: Number(ctimeNs / 1_000_000n) };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
