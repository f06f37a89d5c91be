/** A palhm that starts one stage and waits to be killed. usage: node doomed-parent.js PROGRAM ARGUMENT… */
import { openSync } from 'node:fs';
import { buildCommand } from '../../src/exec/command.js';
import { factsOf } from '../../src/exec/facts.js';
import { createRedactor } from '../../src/exec/redactor.js';
import { startStage } from '../../src/exec/stage.js';
import { execPlan } from '../rig/plans.js';

const command = await buildCommand(execPlan(process.argv.slice(2)), {
  facts: factsOf({ task: 'doomed', host: 'here' }),
  inherited: process.env,
  runId: `doomed-${process.pid}`,
  redactor: createRedactor(),
  blockedSignals: [],
});
const consumer = { redact: String, onLine: () => {} };
const stdout = openSync('/dev/null', 'w');
const { ended } = await startStage({
  command,
  stdin: 'ignore',
  stdout,
  consumer,
  timeoutMs: undefined,
});
await ended;
