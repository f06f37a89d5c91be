/**
 * A note for each thing that a freeze keeps still, written before it is frozen: by it whoever comes next thaws it when palhm and its
 * watchdog have died. palhm and the watchdog hold the lock of the note (flock(2)) through one open file description, so the kernel frees
 * it when both are gone. The lock also keeps apart those who freeze the same: the thaw of one would thaw for the other.
 */
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../failure/failure.js';
import { lockHandle } from '../../host/file-lock.js';
import { hashKey } from '../../host/host-lock.js';
import { identifySelf, isStillThere } from '../../host/proc.js';
import { openRuntimeFile, openRuntimeFiles, type RuntimeFile } from '../../host/runtime-files.js';
import { formatDuration } from '../../units/duration.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { decode } from '../../wire/decode.js';
import { writeJson } from '../../wire/json-text.js';
import type { FreezeNote, ThawCommand } from '../../wire/own-files.js';
import type { Operation } from '../operation/operation.js';
import { carryOutThaw } from './carry-out-thaw.js';
import { THAW_MS } from './watchdog-orders.js';

/** Something that is kept still. */
export interface FreezePart {
  /** What tells it from all others. */
  readonly key: readonly (string | null)[];
  readonly thaw: readonly ThawCommand[];
}

export interface WantedNotes extends Pick<FreezeNote, 'what' | 'mark'> {
  readonly parts: readonly FreezePart[];
  /** How long to wait for others who have frozen the same. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface FreezeNotes {
  readonly fds: readonly number[];
  /** All is thawed. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** Node closes a FileHandle that nothing refers to, and its lock would be lost. */
const held = new Set<FileHandle>();

const START = 'freeze-';
/** Beside its thaws, for a watchdog whose palhm is dead: it ends what freezes first. */
const WATCHDOG_MS = 3 * 60_000;

/**
 * Waits until nobody else has frozen any of it. Without a place for notes there are none, which is told. Failure SNAPSHOT_FAILED,
 * THAW_FAILED when a run that died has left it frozen. Rejects with the reason of the signal.
 */
export async function takeNotes(operation: Operation, wanted: WantedNotes): Promise<FreezeNotes> {
  const opened: FileHandle[] = [];
  const written: FileHandle[] = [];
  const empty = async (): Promise<void> => {
    for (const handle of written) await handle.truncate(0);
  };
  const close = async (): Promise<void> => {
    for (const handle of opened) {
      held.delete(handle);
      await handle.close();
    }
  };
  // In an order that is the same for all: no two wait for each other.
  const parts = wanted.parts
    .map((part) => ({ name: `${START}${hashKey(part.key)}.json`, thaw: part.thaw }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  try {
    for (const { name, thaw } of parts) {
      const file = await openNote(operation, wanted, name);
      if (file === undefined) continue;
      const { handle } = file;
      opened.push(handle);
      held.add(handle);
      await waitForLock(operation, wanted, handle);
      await thawLeftover(operation, file);
      written.push(handle);
      await writeNote(handle, noteOf(operation, wanted, thaw));
    }
  } catch (error) {
    await empty();
    await close();
    throw error;
  }
  return { fds: written.map(({ fd }) => fd), empty, close };
}

async function openNote(
  { host, emit }: Operation,
  { what }: WantedNotes,
  name: string,
): Promise<RuntimeFile | undefined> {
  try {
    return await openRuntimeFile(name, host.environment);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const message = `what is frozen for ${what} is not noted: "palhm thaw" does not know of it`;
    emit({ type: 'warning', message, details: [error.message, ...error.details] });
    return undefined;
  }
}

async function waitForLock(
  { emit }: Operation,
  { what, waitMs, signal }: WantedNotes,
  handle: FileHandle,
): Promise<void> {
  const lock = (ms: number): Promise<boolean> =>
    lockHandle(`the freeze of ${what}`, handle, { waitMs: ms, signal });
  if (await lock(0)) return;
  const holder = describe(await readNote(handle));
  emit({ type: 'lock-waiting', root: `the freeze of ${what}`, holder });
  if (await lock(waitMs)) return;
  throw new Failure({
    code: 'SNAPSHOT_FAILED',
    message: `${what} was not frozen: for ${formatDuration({ ms: waitMs })} the same was frozen by ${describe(await readNote(handle))}`,
    hint: 'see what that is doing; a longer "max" makes this wait longer, too',
  });
}

function describe(note: FreezeNote | undefined): string {
  if (note === undefined) return 'another run, whose note does not say more';
  const [pid = '?'] = note.palhm.split('.');
  return `process ${pid}, for ${note.what}, since ${note.since}`;
}

/** What was left in a note by a run that died with its watchdog, while this one waited. */
async function thawLeftover(operation: Operation, { path, handle }: RuntimeFile): Promise<void> {
  const note = await readNote(handle);
  if (note === undefined) return;
  const problems = await thawBy(note, handle);
  const failure = tellThaw(operation, { note, path, state: 'thawed', problems });
  if (failure !== undefined) throw failure;
}

function noteOf(
  { task = '?', host }: Operation,
  { what, mark }: WantedNotes,
  thaw: readonly ThawCommand[],
): FreezeNote {
  const since = new Date(host.clock()).toISOString();
  return { palhm: identifySelf() ?? '?', what: `${what} of task "${task}"`, since, mark, thaw };
}

/** Nothing is frozen before it is written: one that is cut short says of nothing that is. */
async function writeNote(handle: FileHandle, note: FreezeNote): Promise<void> {
  await handle.truncate(0);
  await handle.write(writeJson(note), 0);
  await handle.sync();
}

async function readNote(handle: FileHandle): Promise<FreezeNote | undefined> {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await handle.read(buffer, 0, size, 0);
  const parsed = decode('freeze-note', buffer.toString('utf8', 0, bytesRead));
  return parsed.ok ? parsed.value : undefined;
}

/** Returns what went wrong. */
async function thawBy(note: FreezeNote, handle: FileHandle): Promise<readonly string[]> {
  const problems = await carryOutThaw(note);
  if (problems.length === 0) await handle.truncate(0);
  return problems;
}

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
  { signal }: Operation,
  { path, handle }: RuntimeFile,
): Promise<readonly FoundFrozen[]> {
  const before = await readNote(handle);
  // Most are empty, of what was thawed long ago: nothing is frozen before its note is written.
  if (before === undefined) return [];
  const lock = (waitMs: number): Promise<boolean> =>
    lockHandle('the note of a freeze', handle, { waitMs, signal });
  if (!(await lock(0))) {
    if (await isStillThere(before.palhm))
      return [{ note: before, path, state: 'alive', problems: [] }];
    // Its watchdog is at work.
    if (!(await lock(before.thaw.length * THAW_MS + WATCHDOG_MS)))
      return [
        { note: before, path, state: 'thawed', problems: ['its watchdog has not thawed it'] },
      ];
  }
  const note = await readNote(handle);
  if (note !== undefined)
    return [{ note, path, state: 'thawed', problems: await thawBy(note, handle) }];
  return [{ note: before, path, state: 'thawed', problems: [] }];
}

/** Returns the failure when it could not be thawed. */
function tellThaw(
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
