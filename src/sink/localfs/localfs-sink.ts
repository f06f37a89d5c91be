/** Copies as directories below a root, on anything that is mounted. */
import { join } from 'node:path';
import type { LocalfsPlan } from '../../config/plan.js';
import type { Copy } from '../../copy/copy.js';
import type { Manifest } from '../../copy/manifest.js';
import { Failure, isErrno } from '../../failure/failure.js';
import type { Sink, SinkContext } from '../sink.js';
import { listRoot } from './listing.js';
import { lockRoot } from './lock.js';
import { readManifest } from './manifest-file.js';
import { openCopy } from './open-copy.js';
import { removeCopy } from './remove-copy.js';
import { makeRoot } from './root.js';
import { asFailure } from './store-failure.js';
import { sweepRoot } from './sweep.js';

export function createLocalfsSink(plan: LocalfsPlan, context: SinkContext): Sink {
  const { root, directoryMode, fileMode } = plan;
  return {
    description: `localfs ${root}`,
    async lock(request) {
      await makeRoot(root, directoryMode);
      return lockRoot(root, request);
    },
    sweep: () => sweepRoot(root, context.emit),
    list: () => listRoot(root, context.task),
    manifest: (copy) => manifestOf(root, copy),
    open: (prefix, run) =>
      openCopy({ root, directoryMode, fileMode, emit: context.emit }, prefix, run),
    remove: (copy) => removeCopy(root, copy),
  };
}

async function manifestOf(root: string, copy: Copy): Promise<Manifest | undefined> {
  const directory = join(root, copy.prefix.name);
  try {
    const manifest = await readManifest(directory);
    if (manifest !== undefined || !copy.manifest) return manifest;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw asFailure(error, `read ${directory}`);
  }
  throw new Failure({
    code: 'COPY_NOT_FOUND',
    message: `there is no copy ${copy.prefix.name} in ${root} any more`,
    hint: 'list the copies again',
  });
}
