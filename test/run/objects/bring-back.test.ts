/** An object that is so large that nobody waits until it is read: 30 GB without blocks. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { factsOf } from '../../../src/exec/facts.js';
import { createRedactor } from '../../../src/exec/redactor.js';
import { bringBack } from '../../../src/run/objects/bring-back.js';
import { execPlan } from '../../rig/plans.js';
import { makeScratch } from '../../rig/scratch.js';
import { localfsPlan, prefixAt, sinkOf } from '../../rig/sinks.js';

const SIZE = 30e9;
const SOON_MS = 5000;

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
      context: {
        facts: factsOf({ task: 'backup', host: 'here' }),
        inherited: process.env,
        runId: randomUUID(),
        redactor: createRedactor(),
        blockedSignals: [],
      },
      stdout: 'ignore',
      onLine: () => undefined,
      signal: stop.signal,
    });
    await assert.rejects(bringing, program === 'true' ? reason : { code: 'STAGE_FAILED' });
    assert.ok(performance.now() - startedAt < SOON_MS);
    await stored.close();
    await sink.close();
  });
