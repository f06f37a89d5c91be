import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadFile } from '../rig/load.js';
import { readCore, TOP } from './core.js';

/** What the core of the original PALHM defines: configs written for it use these. */
const ORIGINAL_IDS = [
  'tar',
  'filter-xz-parallel',
  'filter-gzip-plain',
  'filter-zstd-plain',
  'filter-zstd-parallel',
  'rpm-list-installed',
  'dpkg-list-installed',
  'lsblk-all-json',
  'os-release',
  'dig-dnssec',
  'grep-any',
  'null-stdout-sink',
];

const filesIn = (folder: string): string[] =>
  readdirSync(join(TOP, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name));

suite('shipped configs', () => {
  for (const file of [...filesIn('conf.d'), ...filesIn('samples')]) {
    test(`${file} loads`, async () => {
      const plan = await loadFile(join(TOP, file));
      assert.equal(plan.tasks.size > 0, file.startsWith('samples/'));
      for (const task of plan.tasks.values())
        if (task.type === 'backup') assert.deepEqual(task.client?.problems ?? [], []);
    });
  }
});

suite('conf.d/core.json', () => {
  test('keeps every id of the original core', () => {
    const ids = new Set(readCore().map(({ id }) => id));
    assert.deepEqual(
      ORIGINAL_IDS.filter((id) => !ids.has(id)),
      [],
    );
  });

  test('finds its programs on PATH', () => {
    for (const { argv, inverse } of readCore()) {
      assert.doesNotMatch(argv[0] ?? '', /\//);
      assert.doesNotMatch(inverse?.argv[0] ?? '', /\//);
    }
  });

  test('is plain JSON, without an id given twice', () => {
    const ids = readCore().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('is described in doc/recipes.md, each exec in one row', () => {
    const rows = readFileSync(join(TOP, 'doc/recipes.md'), 'utf8').matchAll(/^\| (`[^|]*)/gm);
    const described = [...rows].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, id = '']) => id),
    );
    assert.deepEqual(
      described.toSorted(),
      readCore()
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  test('has shell that a shell can parse', () => {
    for (const { argv } of readCore().filter(({ argv: [program] }) => program === 'sh')) {
      const { status, stderr } = spawnSync('sh', ['-n', '-c', argv[2] ?? '']);
      assert.equal(status, 0, String(stderr));
    }
  });
});
