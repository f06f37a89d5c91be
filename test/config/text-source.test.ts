import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPlan } from '../../src/config/load.js';
import { ConfigErrors } from '../../src/config/read/diagnostics.js';
import { renderProblems } from '../../src/config/read/render-diagnostics.js';
import { makeTree } from '../rig/scratch.js';

test('paths in a text start at its directory, and those of an included file at its own', async () => {
  const directory = makeTree({
    'shared/a.jsonc': '{ "execs": [{ "id": "a", "argv": ["a"], "cwd": "data" }] }',
  });
  const text =
    '{ "include": ["shared/a.jsonc"], "execs": [{ "id": "b", "argv": ["b"], "cwd": "data" }] }';
  const plan = await loadPlan({ type: 'text', text, name: 'request', directory });
  assert.deepEqual(plan.files, ['request', join(directory, 'shared/a.jsonc')]);
  assert.deepEqual(
    plan.execs.map(({ cwd, place }) => [cwd, place.file]),
    [
      [join(directory, 'shared/data'), join(directory, 'shared/a.jsonc')],
      [join(directory, 'data'), 'request'],
    ],
  );
});

test('diagnostics name a text, and what it includes, as included by it', async () => {
  const directory = makeTree({ 'a.jsonc': '{ "vll": 1 }' });
  const text = '{\n  "include": ["a.jsonc"],\n  "tsks": []\n}';
  await assert.rejects(loadPlan({ type: 'text', text, name: 'request', directory }), (error) => {
    assert.ok(error instanceof ConfigErrors);
    assert.equal(
      renderProblems(error, directory),
      `error CONFIG_UNKNOWN_KEY  request:3:3
  "tsks" is not a key of the config. Did you mean "tasks"?
    3 |   "tsks": []
      |   ~~~~~~
error CONFIG_UNKNOWN_KEY  a.jsonc:1:3
  "vll" is not a key of the config. Did you mean "vl"?
    1 | { "vll": 1 }
      |   ~~~~~
  included by request:2:15
2 problems. Nothing was run.`,
    );
    return true;
  });
});
