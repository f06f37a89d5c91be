import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parsePrefix } from '../../../src/copy/prefix.js';
import { makeScratch } from '../../rig/scratch.js';
import { localfsPlan } from '../../rig/sinks.js';
import { describeSink } from '../contract.js';
import type { SinkRig } from '../contract-rig.js';

describeSink('localfs', makeRig);

async function makeRig(): Promise<SinkRig> {
  const base = makeScratch();
  const root = join(base, 'not', 'there yet', 'a');
  return {
    plan: localfsPlan(root),
    sibling: localfsPlan(`${root}b`),
    read: (prefix, path) => readFile(join(root, prefix, path)),
    async put(prefix, path, text) {
      await mkdir(dirname(join(root, prefix, path)), { recursive: true });
      await writeFile(join(root, prefix, path), text);
    },
    async remains() {
      const names = await readdir(root);
      return names.filter((name) => name !== '.palhm-lock' && parsePrefix(name) === undefined);
    },
    cleanup: () => rm(base, { recursive: true }),
  };
}
