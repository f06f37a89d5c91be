/** The copies of a listing: one by palhm and one by the original PALHM. */

import type { Copy } from '../../../src/copy/copy.js';
import type { Manifest, ManifestStage } from '../../../src/copy/manifest.js';
import { NO_RECORDS } from '../../../src/copy/records.js';

function copyOf(name: string, parts: Partial<Copy> = {}): Copy {
  const started = Date.parse(name);
  return {
    prefix: { name, micros: started * 1000 },
    size: 1_503_238_554,
    objects: 2,
    started,
    finished: started + 192_000,
    manifest: true,
    records: NO_RECORDS,
    ...parts,
  };
}

export const OURS = copyOf('2022-05-01T06:59:17+00:00');

/** The same copies, verified and drilled. */
export const KNOWN: Copy = {
  ...OURS,
  records: {
    verify: {
      at: '2022-05-02T04:00:00.000Z',
      host: 'db2',
      result: 'whole',
      depth: 'decoded',
      read: 1,
      of: 2,
      problems: [],
    },
    drill: {
      at: '2022-05-03T04:00:00.000Z',
      host: 'db2',
      result: 'failed',
      durationMs: 1200,
      problem: 'mysql ended with 1',
    },
  },
};

/** The same, after a decoding that failed. */
export const UNDECODED: Copy = {
  ...KNOWN,
  records: {
    ...KNOWN.records,
    verify: KNOWN.records.verify && {
      ...KNOWN.records.verify,
      undecoded: { at: '2022-05-04T04:00:00.000Z', host: 'db3', problems: ['no key', 'no gpg'] },
    },
  },
};

export const ORIGINAL = copyOf('2022-04-01T06:59:17+00:00', {
  size: 512,
  objects: 1,
  started: undefined,
  finished: undefined,
  manifest: false,
});

function stageWith(inverse: readonly string[] | null): ManifestStage {
  return { argv: ['x'], exitCode: 0, signal: null, durationMs: 1, inverse };
}

export const MANIFEST: Manifest = {
  format: 1,
  palhm: '0.1.0',
  host: 'db1',
  task: 'backup',
  prefix: OURS.prefix.name,
  started: '2022-05-01T06:59:17.000Z',
  finished: '2022-05-01T07:02:29.000Z',
  objects: [
    {
      path: 'all-db.sql.zst',
      size: 1_503_238_042,
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      group: 'databases',
      started: '2022-05-01T06:59:17.000Z',
      finished: '2022-05-01T07:02:29.000Z',
      stages: [stageWith(null), stageWith(['zstd', '-dc'])],
      restore: 'zstd -dc <all-db.sql.zst',
    },
    {
      path: 'etc\u001b.tar',
      size: 512,
      sha256: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
      group: 'files',
      started: '2022-05-01T06:59:17.000Z',
      finished: '2022-05-01T06:59:21.100Z',
      stages: [],
      restore: "cat <'etc\u001b.tar'",
    },
  ],
};
