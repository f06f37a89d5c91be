/**
 * Another palhm. It takes a snapshot, says its name, and holds it until it is killed; or tidies, takes and releases, and says a name
 * each time, until its stdin ends. usage: node doomed-run.js SOURCE hold|repeat
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SnapshotSource } from '../../src/config/plan/snapshots/sources.js';
import { openProvider } from '../../src/snapshot/registry.js';
import { calledNameOf, takeSnapshot } from './take.js';

const [, , text, work] = process.argv;
assert.ok(text !== undefined);
const source: SnapshotSource = JSON.parse(text);
const provider = await openProvider(source);
const { signal } = new AbortController();
const over = new AbortController();
process.stdin.on('end', () => over.abort());
process.stdin.resume();
do {
  if (work === 'repeat') assert.deepEqual(await provider.tidy(signal), []);
  const name = { run: randomUUID(), number: 0 };
  const snapshot = await takeSnapshot(provider, name, signal);
  process.stdout.write(`${calledNameOf(snapshot)}\n`);
  if (work === 'hold') await new Promise(() => setInterval(() => undefined, 1000));
  await snapshot.release();
} while (!over.signal.aborted);
