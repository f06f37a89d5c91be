import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderModules } from '../../src/report/modules.js';

const MODULES = {
  backends: [
    { name: 'localfs', description: 'a directory of this host' },
    { name: 'null', description: 'stores nothing' },
  ],
  snapshotProviders: [],
  notifiers: [],
};

test('lists what is built in', () => {
  assert.equal(
    renderModules(MODULES),
    `backend            localfs  a directory of this host
backend            null     stores nothing
snapshot provider  none
notifier           none
`,
  );
});
