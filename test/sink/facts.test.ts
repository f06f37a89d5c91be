import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { placeOfCopy, type SinkPlan } from '../../src/config/plan/sinks/sinks.js';
import { factsOf } from '../../src/sink/registry.js';
import { localfsPlan } from '../rig/sinks.js';

function rootIn(from: string, endpoint?: string): string {
  const { sink } = placeOfCopy(from, { endpoint, region: undefined, profile: undefined });
  return factsOf(sink).root;
}

test('two plans of the same place have the same root, others have another', () => {
  const same: readonly (readonly [string, string])[] = [
    [rootIn('/media/backup/db1/x'), factsOf(localfsPlan('/media/backup/db1')).root],
    [rootIn('s3://b/db1/x'), rootIn('s3://b//db1/y')],
    [rootIn('s3://b/r/x', 'https://Store:443/'), rootIn('s3://b/r/x', 'https://store')],
  ];
  for (const [one, other] of same) assert.equal(one, other);
  const roots = [
    rootIn('/media/backup/db1/x'),
    rootIn('/media/backup/db2/x'),
    rootIn('s3://b/r/x'),
    rootIn('s3://b/x'),
    rootIn('s3://c/r/x'),
    rootIn('s3://b/r/x', 'https://store'),
    rootIn('s3://b/r/x', 'http://store'),
  ];
  assert.equal(new Set(roots).size, roots.length);
});

test('the facts of a sink say where it is, and how much memory an object takes where that is much', () => {
  const bucket = placeOfCopy('s3://b/r/x', {
    endpoint: undefined,
    region: undefined,
    profile: undefined,
  }).sink;
  const plans: readonly SinkPlan[] = [localfsPlan('/backup'), bucket, { type: 'null' }];
  assert.deepEqual(
    plans.map((plan) => factsOf(plan).place),
    [['localfs', '/backup'], ['aws-s3', 's3://b/r'], ['null']],
  );
  assert.deepEqual(
    plans.map((plan) => factsOf(plan).memoryFor?.(undefined).first),
    [undefined, 5 * 16 * 1024 ** 2, undefined],
  );
});

/** What is loaded at once when this module is: what it imports, and what that imports. */
async function loadedWith(module: string, seen = new Set<string>()): Promise<ReadonlySet<string>> {
  if (seen.has(module)) return seen;
  seen.add(module);
  if (!module.startsWith('/')) return seen;
  const text = await readFile(module, 'utf8');
  for (const [, specifier = ''] of text.matchAll(/^(?:import|export) .*?from '([^']+)'/gms)) {
    const imported = specifier.startsWith('.') ? join(dirname(module), specifier) : specifier;
    await loadedWith(imported, seen);
  }
  return seen;
}

test('the facts of every backend are loaded without what the backends need', async () => {
  const registry = new URL('../../src/sink/registry.js', import.meta.url).pathname;
  const loaded = [...(await loadedWith(registry))];
  assert.ok(loaded.length > 5);
  assert.deepEqual(
    loaded.filter((module) => module.includes('aws-sdk') || module.endsWith('-sink.js')),
    [],
  );
});
