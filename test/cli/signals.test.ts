/** The gate through which signals reach a run. They are real, and sent to this process. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, test } from 'node:test';
import { openSignalGate, type SignalGate, type SignalWatch } from '../../src/cli/signals.js';
import { Failure } from '../../src/failure/failure.js';

const gates: SignalGate[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.close();
});

function open(watch: SignalWatch = {}): SignalGate {
  const gate = openSignalGate(watch);
  gates.push(gate);
  return gate;
}

/** Resolves when this process has received the signal, after the gate. */
async function send(signal: NodeJS.Signals): Promise<void> {
  const received = once(process, signal);
  // The wait for a signal alone does not keep a process of Node alive.
  const alive = setInterval(() => {}, 1000);
  process.kill(process.pid, signal);
  await received;
  clearInterval(alive);
}

test('a terminal that hangs up stops a run; without one SIGHUP changes nothing', async () => {
  for (const hasTerminal of [true, false]) {
    const gate = open({ hasTerminal });
    await send('SIGHUP');
    assert.equal(gate.signal.aborted, hasTerminal);
  }
});

test('a signal that is unblocked at the end of a routine stops it: it is delivered at once', async () => {
  const gate = open();
  gate.block('SIGTERM');
  await send('SIGTERM');
  assert.equal(gate.signal.aborted, false);
  gate.unblock('SIGTERM');
  assert.ok(gate.signal.reason instanceof Failure);
  assert.equal(gate.signal.reason.code, 'TERMINATED');
});

test('SIGUSR1 asks and stops nothing', async () => {
  let asked = 0;
  const gate = open({ onAsked: () => void asked++ });
  await send('SIGUSR1');
  await send('SIGUSR1');
  assert.deepEqual([asked, gate.signal.aborted], [2, false]);
});
