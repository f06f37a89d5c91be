/** A config with very many mistakes is refused in a time that grows with their number, not with its square. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigErrors } from '../../../src/config/read/diagnostics.js';
import { loadText } from '../../rig/load.js';

test('a config of 60,000 empty tasks is refused before long', async () => {
  const text = `{"tasks": [${Array.from({ length: 60_000 }, () => '{}').join()}]}`;
  const start = process.cpuUsage();
  await assert.rejects(loadText(text), (error) => {
    assert.ok(error instanceof ConfigErrors);
    assert.ok(error.diagnostics.length >= 60_000);
    return true;
  });
  // It takes one second; it took thirty.
  const { user } = process.cpuUsage(start);
  assert.ok(user < 10_000_000, `${user} µs`);
});
