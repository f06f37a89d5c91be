/** An object that is not read to its end by its stages: one of 30 GB without blocks, and one that comes through a pipe. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { factsOf } from '../../../src/exec/facts.js';
import { createRedactor } from '../../../src/exec/redactor.js';
import { endProcessesOfRun } from '../../../src/host/run-processes.js';
import { bringBack } from '../../../src/run/objects/bring-back.js';
import { execPlan, shell } from '../../rig/plans.js';
import { makeScratch } from '../../rig/scratch.js';
import { localfsPlan, prefixAt, sinkOf } from '../../rig/sinks.js';

const SIZE = 30e9;
const SOON_MS = 5000;

const surroundings = () => ({
  context: {
    facts: factsOf({ task: 'backup', host: 'here' }),
    inherited: process.env,
    runId: randomUUID(),
    redactor: createRedactor(),
    blockedSignals: [],
  },
  stdout: 'ignore' as const,
  onLine: () => undefined,
});

for (const program of ['true', 'false'])
  test(`a signal ends the reading of what its last stage, ${program}, did not read`, async () => {
    const root = makeScratch();
    const directory = join(root, prefixAt(0).name);
    mkdirSync(directory);
    writeFileSync(join(directory, 'o'), '');
    truncateSync(join(directory, 'o'), SIZE);
    const sink = await sinkOf(localfsPlan(root));
    const stored = sink.stored(prefixAt(0));
    const stop = new AbortController();
    const reason = new Error('stopped');
    const startedAt = performance.now();
    const bringing = bringBack({
      stored: {
        ...stored,
        async read(pieces) {
          const reader = await stored.read(pieces);
          const finish = (): ReturnType<typeof reader.finish> => {
            setImmediate(() => stop.abort(reason));
            return reader.finish();
          };
          return { ...reader, finish };
        },
      },
      object: { path: 'o', size: SIZE, sha256: undefined },
      execs: [execPlan([program])],
      ...surroundings(),
      signal: stop.signal,
    });
    await assert.rejects(bringing, program === 'true' ? reason : { code: 'STAGE_FAILED' });
    assert.ok(performance.now() - startedAt < SOON_MS);
    await stored.close();
    await sink.close();
  });

test('what the first stage has left with its pipe, and does not read, is not waited for', {
  timeout: 60_000,
}, async () => {
  const root = makeScratch();
  const directory = join(root, prefixAt(0).name);
  mkdirSync(directory);
  const volumes = ['o.0', 'o.1'];
  for (const piece of volumes) writeFileSync(join(directory, piece), Buffer.alloc(500_000));
  const sink = await sinkOf(localfsPlan(root));
  const stored = sink.stored(prefixAt(0));
  const { context, ...more } = surroundings();
  await bringBack({
    stored,
    object: { path: 'o', volumes, size: 1_000_000, sha256: undefined },
    execs: [shell('exec 3<&0; setsid sleep 600 <&3 >/dev/null 2>&1 & exit 0')],
    context,
    ...more,
    signal: new AbortController().signal,
  });
  assert.equal(await endProcessesOfRun(context.runId), 1);
  await stored.close();
  await sink.close();
});
