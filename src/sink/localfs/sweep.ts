/** Removes what dead runs left in a root. Called under the lock: whatever is partial here belongs to nobody alive. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcessesOfRun } from '../../exec/run-processes.js';
import { storing } from '../host/store-failure.js';
import type { Leftover } from '../sink.js';
import { removeTree } from './files.js';
import { isTrash, runOfPartial } from './names.js';

export async function sweepRoot(root: string): Promise<readonly Leftover[]> {
  return storing(`sweep the root ${root}`, async () => {
    const leftovers: Leftover[] = [];
    for (const entry of await readdir(root, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const leftover = await sweepEntry(root, entry.name);
      if (leftover !== undefined) leftovers.push(leftover);
    }
    return leftovers;
  });
}

async function sweepEntry(root: string, name: string): Promise<Leftover | undefined> {
  const path = join(root, name);
  const run = runOfPartial(name);
  if (run !== undefined) {
    // First those who may still write there.
    const processes = await endProcessesOfRun(run);
    await removeTree(path);
    return { what: `the unfinished copy of run ${run}, ${path}`, processes };
  }
  if (!isTrash(name)) return undefined;
  await removeTree(path);
  return { what: `the rest of a copy that was being removed, ${path}`, processes: 0 };
}
