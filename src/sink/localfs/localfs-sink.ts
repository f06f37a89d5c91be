/** A sink that keeps each copy as a directory below a root, on any mounted file system. */
import { join } from 'node:path';
import type { LocalfsPlan } from '../../config/plan/sinks/localfs.js';
import { takeFileLock } from '../../host/file-lock.js';
import { HOLDER_NOTES } from '../../wire/lock-holder.js';
import { describePlace } from '../facts.js';
import type { Sink, SinkContext } from '../sink.js';
import { localfsFacts } from './facts.js';
import { listRoot } from './list/listing.js';
import { LOCK_NAME } from './names.js';
import { openStoredCopy } from './read/stored-copy.js';
import { removeCopy } from './remove/remove-copy.js';
import { tidyRoot } from './remove/tidy.js';
import { makeRoot, requireRoot } from './root.js';
import { openCopy } from './write/open-copy.js';
import { requireSpace } from './write/require-space.js';

export function createLocalfsSink(plan: LocalfsPlan, context: SinkContext): Sink {
  const { root, directoryMode, fileMode } = plan;
  const facts = localfsFacts(plan);
  return {
    description: describePlace(facts),
    root: facts.root,
    async lock(request) {
      if (request.isThere === true) await requireRoot(root);
      else await makeRoot(root, directoryMode);
      const path = join(root, LOCK_NAME);
      const what = `the root ${root}`;
      return takeFileLock({ path, mode: fileMode, what, notes: HOLDER_NOTES }, request);
    },
    tidy: (signal) => tidyRoot({ root, emit: context.emit, signal }),
    list: (request = {}) => listRoot({ root, context }, { signal: context.signal, ...request }),
    stored: (prefix) => openStoredCopy({ root, fileMode, context }, prefix),
    async open(prefix, run, signal) {
      signal?.throwIfAborted();
      await requireSpace(plan, run.expectedSize);
      const place = { root, directoryMode, fileMode, emit: context.emit, signal: context.signal };
      return openCopy(place, prefix, run);
    },
    settle: async (_, signal) => signal?.throwIfAborted(),
    remove: (copy, signal) => removeCopy(root, copy, signal),
    close: async () => undefined,
  };
}
