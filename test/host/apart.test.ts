import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askApart } from '../../src/host/apart.js';

test('a process that answers handles SIGUSR1, which would open its debugger, before anything else is loaded', async () => {
  const module = new URL('./answering.js', import.meta.url);
  const reply = await askApart({ module, question: {}, timeoutMs: 30_000 });
  assert.deepEqual(reply, { type: 'answer', answer: { handlers: 1 } });
});
