/** Removes what dead runs left in a root. It is called under the lock, so no partial copy belongs to a living run. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import type { Prefix } from '../../../copy/prefix.js';
import type { Emit, Event } from '../../../events/events.js';
import { Failure } from '../../../failure/failure.js';
import { exists, removeTree } from '../../../host/durable-files.js';
import { confirmOwn } from '../../../host/own-entry.js';
import { endProcessesOfDeadRun } from '../../../host/run-processes.js';
import { asSinkFailure, isSystemError } from '../../../host/sink-failure.js';
import type { Leftover } from '../../sink.js';
import { isTrash, prefixOfNote, runOfPartial } from '../names.js';
import { discardDirectory, isCopyDirectory } from './remove-copy.js';
import { removeNote, removeRest } from './removing-note.js';

interface TidyRequest {
  readonly root: string;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
}

/**
 * What cannot be removed, and what somebody else may have put there, stays, with a warning. It does not stand in the way of a
 * backup, so it is no reason to do without one.
 */
export async function tidyRoot({ root, emit, signal }: TidyRequest): Promise<readonly Leftover[]> {
  return asSinkFailure(`tidy the root ${root}`, async () => {
    const leftovers: Leftover[] = [];
    signal?.throwIfAborted();
    for (const name of (await readdir(root)).filter(isOfDeadRun)) {
      signal?.throwIfAborted();
      try {
        const leftover = await tidyEntry(root, name);
        if (leftover !== undefined) leftovers.push(leftover);
      } catch (error) {
        if (!isSystemError(error) && !(error instanceof Failure)) throw error;
        emit(warnOfRemains(join(root, name), error));
      }
    }
    return leftovers;
  });
}

function isOfDeadRun(name: string): boolean {
  return runOfPartial(name) !== undefined || isTrash(name) || prefixOfNote(name) !== undefined;
}

async function tidyEntry(root: string, name: string): Promise<Leftover | undefined> {
  const path = join(root, name);
  const entry = await lstat(path);
  const prefix = prefixOfNote(name);
  const isMark = prefix === undefined ? entry.isDirectory() : entry.isFile();
  if (!isMark) return undefined;
  await confirmOwn(root, entry);
  if (prefix !== undefined) return await tidyNote(root, prefix);
  const run = runOfPartial(name);
  if (run !== undefined) {
    // First end the stages that may still write there.
    const processes = await endProcessesOfDeadRun(run);
    await discardDirectory(root, path);
    return { what: `the unfinished copy of run ${run}, ${path}`, processes };
  }
  await removeTree(path);
  return restOf(path);
}

/** With its manifest it still is a copy, or is one again. */
async function tidyNote(root: string, prefix: Prefix): Promise<Leftover | undefined> {
  const path = join(root, prefix.name);
  const isRest = (await isCopyDirectory(path)) && !(await exists(join(path, MANIFEST_NAME)));
  await (isRest ? removeRest(root, prefix.name) : removeNote(root, prefix.name));
  return isRest ? restOf(path) : undefined;
}

function restOf(path: string): Leftover {
  return { what: `the rest of a copy that was being removed, ${path}`, processes: 0 };
}

function warnOfRemains(path: string, error: Error): Event {
  return {
    type: 'warning',
    message: `what a run that died left behind cannot be removed: ${path}`,
    details: [error.message],
  };
}
