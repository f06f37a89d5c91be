/** What dead palhms have left frozen: `palhm thaw`, and the start of every run. */
import { Failure } from '../../failure/failure.js';
import { lockHandle } from '../../host/file-lock.js';
import { isStillThere } from '../../host/proc.js';
import { openRuntimeFiles, type RuntimeFile, removeRuntimeFile } from '../../host/runtime-files.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { FreezeNote } from '../../wire/own-files.js';
import type { Operation } from '../operation/operation.js';
import { carryOutThaw } from './carry-out-thaw.js';
import { readNote, removeNote, START, withEach } from './note-file.js';
import { longestThaw } from './watchdog-orders.js';

/** Beside its thaws, for a watchdog whose palhm is dead: it ends what freezes first. */
const WATCHDOG_MS = 3 * 60_000;

/** What was found frozen. */
export interface FoundFrozen {
  readonly note: FreezeNote;
  /** Where the note is. */
  readonly path: string;
  /** `alive`: by a palhm that runs, and is left alone. */
  readonly state: 'alive' | 'thawed';
  /** Why it may not be thawed. */
  readonly problems: readonly string[];
}

export interface Thawing {
  readonly found: readonly FoundFrozen[];
  /** THAW_FAILED, of each that could not be thawed. */
  readonly failures: readonly Failure[];
}

/** Thaws what palhms of this user that are dead have left frozen. */
export async function thawLeftovers(operation: Operation): Promise<Thawing> {
  const found: FoundFrozen[] = [];
  for await (const file of openRuntimeFiles(START, operation.host.environment)) {
    try {
      found.push(...(await lookInto(operation, file)));
    } finally {
      await file.handle.close();
    }
  }
  return { found, failures: found.flatMap((one) => tellThaw(operation, one) ?? []) };
}

async function lookInto(
  operation: Operation,
  { path, handle }: RuntimeFile,
): Promise<readonly FoundFrozen[]> {
  const { signal } = operation;
  const file = { path, handle, fd: handle.fd };
  const before = await readNote(handle);
  const lock = (waitMs: number): Promise<boolean> =>
    lockHandle('the note of a freeze', handle, { waitMs, signal });
  if (before === undefined) {
    // Nothing is frozen before its note is written: one who has just made it makes it anew.
    const isEmpty = async (): Promise<boolean> => (await handle.stat()).size === 0;
    if ((await isEmpty()) && (await lock(0)) && (await isEmpty()))
      withEach(operation, [file], removeRuntimeFile);
    return [];
  }
  const foundWith = (state: FoundFrozen['state'], problems: readonly string[] = []) => [
    { note: before, path, state, problems },
  ];
  if (!(await lock(0))) {
    if (await isStillThere(before.palhm)) return foundWith('alive');
    // Its watchdog is at work.
    if (!(await lock(longestThaw(before) + WATCHDOG_MS)))
      return foundWith('thawed', ['its watchdog has not thawed it']);
  }
  const note = await readNote(handle);
  // Its watchdog has thawed it.
  if (note === undefined) return foundWith('thawed');
  const problems = await carryOutThaw(note);
  if (problems.length === 0) withEach(operation, [file], removeNote);
  return [{ note, path, state: 'thawed', problems }];
}

/** Returns the failure when it could not be thawed. */
export function tellThaw(
  { emit }: Operation,
  { note, path, state, problems }: FoundFrozen,
): Failure | undefined {
  const { what, since } = note;
  if (state === 'alive') return undefined;
  if (problems.length === 0) {
    emit({ type: 'leftover-removed', what: `the freeze of ${what}, since ${since}`, processes: 0 });
    return undefined;
  }
  return new Failure({
    code: 'THAW_FAILED',
    message: `${what}, frozen since ${since} by a run that died, could not be thawed`,
    details: problems,
    hint: `find out why, and call "palhm thaw"; or thaw it by hand, then remove ${quoteForShell(path)}: until then every run tells of it`,
  });
}
