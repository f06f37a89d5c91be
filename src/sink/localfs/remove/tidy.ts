/** Removes what dead runs left in a root. It is called under the lock, so no partial copy belongs to a living run. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emit, Event } from '../../../events/events.js';
import { Failure } from '../../../failure/failure.js';
import { removeTree } from '../../../host/durable-files.js';
import { confirmOwn } from '../../../host/own-entry.js';
import { endProcessesOfDeadRun } from '../../../host/run-processes.js';
import { asSinkFailure, isSystemError } from '../../../host/sink-failure.js';
import type { Leftover } from '../../sink.js';
import { isTrash, runOfPartial } from '../names.js';
import { discardDirectory } from './remove-copy.js';

interface TidyRequest {
  readonly root: string;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
}

/**
 * What cannot be removed, and what somebody else may have put there, stays, with a warning. It does not stand in the way of a backup, so it is no reason to do without
 * one.
 */
export async function tidyRoot({ root, emit, signal }: TidyRequest): Promise<readonly Leftover[]> {
  return asSinkFailure(`tidy the root ${root}`, async () => {
    const leftovers: Leftover[] = [];
    for (const entry of await readdir(root, { withFileTypes: true })) {
      signal?.throwIfAborted();
      if (!entry.isDirectory()) continue;
      try {
        const leftover = await tidyEntry(root, entry.name);
        if (leftover !== undefined) leftovers.push(leftover);
      } catch (error) {
        if (!isSystemError(error) && !(error instanceof Failure)) throw error;
        emit(warnOfRemains(join(root, entry.name), error));
      }
    }
    return leftovers;
  });
}

async function tidyEntry(root: string, name: string): Promise<Leftover | undefined> {
  const path = join(root, name);
  const run = runOfPartial(name);
  if (run === undefined && !isTrash(name)) return undefined;
  await confirmOwn(root, await lstat(path));
  if (run !== undefined) {
    // First end the stages that may still write there.
    const processes = await endProcessesOfDeadRun(run);
    await discardDirectory(root, path);
    return { what: `the unfinished copy of run ${run}, ${path}`, processes };
  }
  await removeTree(path);
  return { what: `the rest of a copy that was being removed, ${path}`, processes: 0 };
}

function warnOfRemains(path: string, error: Error): Event {
  return {
    type: 'warning',
    message: `what a run that died left behind cannot be removed: ${path}`,
    details: [error.message],
  };
}
