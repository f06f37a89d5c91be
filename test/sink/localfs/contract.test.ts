import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePrefix } from '../../../src/copy/prefix.js';
import { localfsPlan } from '../../rig/sinks.js';
import { describeSink } from '../contract.js';
import type { SinkRig } from '../contract-rig.js';

describeSink('localfs', makeRig);

async function makeRig(): Promise<SinkRig> {
  const base = await mkdtemp(join(tmpdir(), 'palhm-test-'));
  const root = join(base, 'not', 'there yet', 'a');
  return {
    plan: localfsPlan(root),
    sibling: localfsPlan(`${root}b`),
    read: (prefix, path) => readFile(join(root, prefix, path)),
    async remains() {
      const names = await readdir(root);
      return names.filter((name) => name !== '.palhm-lock' && parsePrefix(name) === undefined);
    },
    cleanup: () => rm(base, { recursive: true }),
  };
}
