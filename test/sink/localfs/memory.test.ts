/** A listing needs memory for one large manifest, however many there are. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { renderManifest } from '../../../src/wire/manifest.js';
import { makeScratch } from '../../rig/scratch.js';
import { localfsPlan, manifestOf, prefixAt } from '../../rig/sinks.js';

const MIB = 1024 * 1024;
/** About 400 bytes each, so 8 MiB. */
const OBJECTS = 20_000;

function plant(root: string, index: number): void {
  const prefix = prefixAt(index);
  const stored = { size: 1, sha256: 'ab'.repeat(32) };
  const objects = Array.from({ length: OBJECTS }, (_, at) => ({ ...stored, path: `object-${at}` }));
  mkdirSync(join(root, prefix.name));
  writeFileSync(
    join(root, prefix.name, MANIFEST_NAME),
    renderManifest(manifestOf(prefix, objects)),
  );
}

/** Lists the root in a process of its own; returns how many copies it has and the most memory that it took, in MiB. */
function list(root: string): { readonly copies: number; readonly memory: number } {
  const registry = new URL('../../../src/sink/registry.js', import.meta.url);
  const script = `
    const { createSink } = await import(${JSON.stringify(registry.href)});
    const context = { task: 'backup', emit() {}, host: 'h', environment: {} };
    const sink = await createSink(${JSON.stringify(localfsPlan(root))}, context);
    const { copies } = await sink.list();
    console.log(copies.length, process.resourceUsage().maxRSS);`;
  const args = ['--input-type=module', '-e', script];
  const [copies = 0, kibibytes = 0] = execFileSync(process.execPath, args, { encoding: 'utf8' })
    .split(' ')
    .map(Number);
  return { copies, memory: (kibibytes * 1024) / MIB };
}

test('eight large manifests are listed with the memory for one of them', () => {
  const [one, eight] = [makeScratch(), makeScratch()];
  plant(one, 0);
  for (let index = 0; index < 8; index++) plant(eight, index);
  const [single, all] = [list(one), list(eight)];
  assert.deepEqual([single.copies, all.copies], [1, 8]);
  assert.ok(
    all.memory < 2 * single.memory,
    `${all.memory} MiB for eight, ${single.memory} for one`,
  );
});
