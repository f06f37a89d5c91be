/**
 * A run that a test kills: takes the lock of the sink whose plan it is given, opens a copy, starts a stage that ignores
 * SIGTERM and SIGPIPE and has a child of its own, says which processes there are, and waits to be killed.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { SinkPlan } from '../../src/config/plan/sinks/sinks.js';
import { beginObject, lockNow, prefixAt, sinkOf } from '../rig/sinks.js';

const [, , planText, runId] = process.argv;
assert.ok(planText !== undefined && runId !== undefined);
const plan: SinkPlan = JSON.parse(planText);
const sink = await sinkOf(plan);
await lockNow(sink);
const copy = await sink.open(prefixAt(5000), { id: runId });
const writer = await beginObject(copy, 'deep/object');
const stage = spawn(
  'bash',
  [
    '-c',
    'trap "" TERM PIPE; sleep 1000 & echo "$! $$" >&2; while :; do echo more; sleep 0.05; done',
  ],
  {
    stdio: ['ignore', writer.fd, 'pipe'],
    detached: true,
    env: { ...process.env, PALHM_RUN: runId },
  },
);
writer.handOver();
assert.ok(stage.stderr);
const [pids] = await once(stage.stderr.setEncoding('utf8'), 'data');
process.stdout.write(String(pids));
setInterval(() => undefined, 1000);
