/**
 * A note for each thing that a freeze keeps still, written before it is frozen: by it whoever comes next thaws it when palhm and its
 * watchdog have died. palhm and the watchdog hold the lock of the note (flock(2)) through one open file description, so the kernel frees
 * it when both are gone. The lock also keeps apart those who freeze the same: the thaw of one would thaw for the other.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Event } from '../../events/events.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { lockHandle } from '../../host/file-lock.js';
import { hashKey } from '../../host/host-lock.js';
import { identifySelf } from '../../host/proc.js';
import {
  emptyRuntimeFile,
  isStillNamed,
  type NamedDescriptor,
  openRuntimeFile,
  type RuntimeFile,
} from '../../host/runtime-files.js';
import { isSystemError } from '../../host/sink-failure.js';
import { formatDuration } from '../../units/duration.js';
import { writeJson } from '../../wire/json-text.js';
import type { FreezeNote, ThawCommand } from '../../wire/own-files.js';
import type { Operation } from '../operation/operation.js';
import { carryOutThaw } from './carry-out-thaw.js';
import { type LockedNote, readNote, removeNote, START, withEach } from './note-file.js';
import { tellThaw } from './thaw-leftovers.js';

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
  readonly files: readonly NamedDescriptor[];
  /** All is thawed. */
  empty(): void;
  /** The same, and no watchdog has them open any more. */
  remove(): void;
  close(): Promise<void>;
}

/** Node closes a FileHandle that nothing refers to, and its lock would be lost. */
const held = new Set<FileHandle>();

/** Others have the lock of an empty note while they remove it. */
const GLANCE_MS = 250;

/**
 * Waits until nobody else has frozen any of it. Without a place for notes there are none, which is told. Failure SNAPSHOT_FAILED,
 * THAW_FAILED when a run that died has left it frozen. Rejects with the reason of the signal.
 */
export async function takeNotes(operation: Operation, wanted: WantedNotes): Promise<FreezeNotes> {
  const files: LockedNote[] = [];
  // In an order that is the same for all: no two wait for each other.
  const parts = wanted.parts
    .map((part) => ({ name: `${START}${hashKey(part.key)}.json`, thaw: part.thaw }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const notes: FreezeNotes = {
    files,
    empty: () => withEach(operation, files, emptyRuntimeFile),
    remove: () => withEach(operation, files, removeNote),
    async close() {
      for (const { handle } of files) await close(handle);
    },
  };
  try {
    for (const { name, thaw } of parts) {
      const file = await lockNote(operation, wanted, name);
      if (file === undefined) continue;
      // One that could not be thawed stays.
      await thawLeftover(operation, file).catch(async (error: unknown) => {
        await close(file.handle);
        throw error;
      });
      files.push(file);
      await noteDown(operation, wanted, { file, thaw });
    }
  } catch (error) {
    notes.remove();
    await notes.close();
    throw error;
  }
  return notes;
}

async function close(handle: FileHandle): Promise<void> {
  held.delete(handle);
  await handle.close();
}

/** Opens it, and waits for its lock. Undefined without a place for it. */
async function lockNote(
  operation: Operation,
  wanted: WantedNotes,
  name: string,
): Promise<LockedNote | undefined> {
  const until = performance.now() + wanted.waitMs;
  for (;;) {
    const file = await openNote(operation, wanted, name);
    if (file === undefined) return undefined;
    const { path, handle } = file;
    held.add(handle);
    try {
      await waitForLock(operation, wanted, { handle, until });
      if (isStillNamed({ path, fd: handle.fd })) return { path, handle, fd: handle.fd };
    } catch (error) {
      await close(handle);
      throw error;
    }
    // Whoever had it before has removed it.
    await close(handle);
  }
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
    emit(notNoted(what, [error.message, ...error.details]));
    return undefined;
  }
}

function notNoted(what: string, details: readonly string[]): Event {
  const message = `what is frozen for ${what} is not noted: "palhm thaw" does not know of it`;
  return { type: 'warning', message, details };
}

/** `until`: by the clock of `performance.now`. */
async function waitForLock(
  { emit }: Operation,
  { what, waitMs, signal }: WantedNotes,
  { handle, until }: { readonly handle: FileHandle; readonly until: number },
): Promise<void> {
  const lock = (ms: number): Promise<boolean> =>
    lockHandle(`the freeze of ${what}`, handle, { waitMs: ms, signal });
  if (await lock(GLANCE_MS)) return;
  const holder = describe(await readNote(handle));
  emit({ type: 'lock-waiting', root: `the freeze of ${what}`, holder });
  if (await lock(until - performance.now())) return;
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
async function thawLeftover(operation: Operation, file: LockedNote): Promise<void> {
  const { path, handle } = file;
  const note = await readNote(handle);
  if (note === undefined) return;
  const problems = await carryOutThaw(note);
  if (problems.length === 0) withEach(operation, [file], emptyRuntimeFile);
  const failure = tellThaw(operation, { note, path, state: 'thawed', problems });
  if (failure !== undefined) throw failure;
}

/**
 * Nothing is frozen before it is written: one that is cut short says of nothing that is. Where there is no room for it, its lock keeps
 * apart those who freeze the same.
 */
async function noteDown(
  operation: Operation,
  { what, mark }: WantedNotes,
  { file, thaw }: { readonly file: LockedNote; readonly thaw: readonly ThawCommand[] },
): Promise<void> {
  const { task = '?', host, emit } = operation;
  const since = new Date(host.clock()).toISOString();
  const palhm = identifySelf() ?? '?';
  const note: FreezeNote = { palhm, what: `${what} of task "${task}"`, since, mark, thaw };
  try {
    await file.handle.truncate(0);
    // Not `write`, which may write a part.
    await file.handle.writeFile(writeJson(note));
    await file.handle.sync();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    emit(notNoted(what, [`${file.path}: ${messageOf(error)}`]));
    withEach(operation, [file], emptyRuntimeFile);
  }
}
