/** Two hosts that share a root under one task are told of each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeHost } from '../../../src/run/operation/operation.js';
import { openStandSite } from '../../rig/stand-site.js';

const at = openStandSite();
const { palhm, warnings } = at;

const runOn = (name: string) =>
  at.stand.run([at.stand.simple()], {
    surroundings: { host: { ...describeHost(process.env), name } },
  });

test('a run warns of the copies of another host, before its own is made and after', async () => {
  await runOn('db1');
  await runOn('db1');
  assert.deepEqual(warnings(), []);
  await runOn('db2');
  assert.match(
    warnings().join('\n'),
    /db1 \(2 copies\), db2 \(0 copies\)\neach rotates the copies/,
  );
  await runOn('db1');
  assert.match(warnings().join('\n'), /db1 \(2 copies\), db2 \(1 copy\)/);
});

test('the status, config check --connect and a rotation by hand warn of it, too', async () => {
  await runOn('db1');
  await runOn('db2');
  const status = await palhm('status', '--json');
  const [{ state, notes }] = JSON.parse(status.stdout).tasks;
  assert.deepEqual([status.code, state], [0, 'fresh']);
  assert.match(
    notes.join(),
    /db1 \(1 copy\), db2 \(1 copy\): each rotates the copies of the others/,
  );
  const check = await palhm('config', 'check', '--connect');
  assert.equal(check.code, 0, check.stderr);
  assert.match(
    check.stdout,
    /note +hosts of the copies +.* 3 hosts .*db1 \(1 copy\), db2 \(1 copy\)/,
  );
  assert.match(check.stdout, /next: each rotates/);
  assert.match((await palhm('rotate', 'backup')).stderr, /db1 \(1 copy\), db2 \(1 copy\)/);
});
