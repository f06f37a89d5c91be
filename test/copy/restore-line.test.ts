import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { followsFromStages, restoreLine } from '../../src/copy/restore-line.js';
import { makeScratch } from '../rig/scratch.js';

const DATA = `${'a line of the dump\n'.repeat(1000)}-- Dump completed\n`;
const MAKER = { inverse: null };
const GZIP = { inverse: ['gzip', '-dc'] };
const OPAQUE = { inverse: null };
/** Its own inverse: swaps a and b. The second argument holds a quote, a space and a dollar that must stay as they are. */
const SWAP = { inverse: ['tr', `ab' $`, `ba' $`] };

const LINES: readonly (readonly [
  name: string,
  object: Parameters<typeof restoreLine>[0],
  line: string,
])[] = [
  ['a bare dump', { path: 'a.sql', stages: [MAKER] }, 'cat <a.sql'],
  ['an object without stages', { path: 'a.sql', stages: [] }, 'cat <a.sql'],
  ['the inverse of the first stage counts for nothing', { path: 'a', stages: [GZIP] }, 'cat <a'],
  ['one filter', { path: 'a.sql.gz', stages: [MAKER, GZIP] }, 'gzip -dc <a.sql.gz'],
  [
    'the filters are undone from the last backwards',
    {
      path: 'all db.sql.zst.gpg',
      stages: [MAKER, { inverse: ['zstd', '-dc'] }, { inverse: ['gpg', '--decrypt'] }],
    },
    `gpg --decrypt <'all db.sql.zst.gpg' | zstd -dc`,
  ],
  [
    'as far as they have inverses',
    { path: 'a', stages: [MAKER, GZIP, OPAQUE, { inverse: ['xz', '-dc'] }] },
    'xz -dc <a',
  ],
  ['a last filter without an inverse', { path: 'a', stages: [MAKER, GZIP, OPAQUE] }, 'cat <a'],
  [
    'a reference stays, quoted',
    { path: 'a', stages: [MAKER, { inverse: ['age', '-d', '-i', '${credential:key}'] }] },
    `age -d -i '\${credential:key}' <a`,
  ],
  [
    'equals signs are plain but in the name of a program',
    { path: 'a=b', stages: [MAKER, { inverse: ['a=b', '--c=d', ''] }] },
    `'a=b' --c=d '' <a=b`,
  ],
];

for (const [name, object, line] of LINES) {
  test(`restore line: ${name}`, () => {
    assert.equal(restoreLine(object), line);
  });
}

const GZIPPED = { path: 'a.gz', stages: [MAKER, GZIP] };

for (const [restore, follows] of [
  ['gzip -dc <a.gz', true],
  ['gzip -dc <b.gz', false],
  // As manifests of earlier versions have it.
  ["aws s3 cp 's3://b/a b/a.gz' - --region x | gzip -dc", true],
  ['{ aws s3 cp s3://b/1 - && aws s3 cp s3://b/2 -; } | gzip -dc', true],
  ['aws s3 cp s3://b/a.gz -; reboot | gzip -dc', false],
  ['aws s3 cp s3://b/a.gz - | cat', false],
  ['curl x | gzip -dc', false],
] as const) {
  test(`${restore} ${follows ? 'follows' : 'does not follow'} from the stages`, () => {
    assert.equal(followsFromStages({ ...GZIPPED, restore }), follows);
  });
}

const NAMES = [
  'plain.gz',
  'with space.gz',
  '-rf',
  '--',
  "it's",
  "''",
  '"double"',
  'two\nlines',
  'tab\there',
  '$HOME `id` $(id) \\',
  '~root',
  '*?[a]{b,c}!',
  '#comment',
  ';&|<>()',
  '&1',
  '3',
  'ünï',
  'dir/-x/it is\'"$',
];

for (const path of NAMES) {
  test(`sh brings back ${JSON.stringify(path)}`, () => {
    const directory = makeScratch();
    try {
      const swapped = DATA.replaceAll(/[ab]/g, (letter) => (letter === 'a' ? 'b' : 'a'));
      const stored = execFileSync('gzip', ['-c'], { input: swapped });
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), stored);
      const run = (stages: Parameters<typeof restoreLine>[0]['stages']): Buffer =>
        execFileSync('sh', ['-c', restoreLine({ path, stages })], { cwd: directory });
      assert.equal(run([MAKER, SWAP, GZIP]).toString(), DATA);
      assert.equal(run([MAKER, OPAQUE, GZIP]).toString(), swapped);
      assert.deepEqual(run([MAKER, SWAP, OPAQUE]), stored);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

test('sh hands every argument over as it is', () => {
  const line = restoreLine({
    path: '/dev/null',
    stages: [MAKER, { inverse: ['printf', '[%s]', ...NAMES, ''] }],
  });
  assert.equal(
    execFileSync('sh', ['-c', line]).toString(),
    [...NAMES, ''].map((name) => `[${name}]`).join(''),
  );
});
