import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findManager } from '../../src/host/systemd-scope.js';

const HYBRID = '9:name=systemd:/system.slice/palhm@a.service\n8:pids:/\n1:cpu:/x.service\n0::/\n';

suite('the unit that palhm runs in', () => {
  for (const [cgroups, manager] of [
    ['0::/system.slice/system-palhm.slice/palhm@backup.service\n', 'system'],
    ['0::/system.slice/cron.service\n', 'system'],
    ['0::/system.slice/foo.service/inner\n', 'system'],
    [HYBRID, 'system'],
    ['0::/user.slice/user-1000.slice/user@1000.service/app.slice/palhm@a.service\n', 'user'],
    ['0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-terminal.scope\n', undefined],
    ['0::/user.slice/user-1000.slice/user@1000.service/init.scope\n', undefined],
    ['0::/user.slice/user-0.slice/session-3.scope\n', undefined],
    ['0::/\n', undefined],
    ['1:cpu:/system.slice/palhm@a.service\n', undefined],
    ['', undefined],
  ] as const)
    test(`of ${JSON.stringify(cgroups)} has the manager ${manager}`, () => {
      assert.equal(findManager(cgroups), manager);
    });
});
