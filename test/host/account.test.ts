import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findAccount } from '../../src/host/account.js';
import { makeScratch } from '../rig/scratch.js';

/** A getent with prepared answers. palhm searches the program only once, so it must exist before the first question. */
const directory = makeScratch();
const path = process.env['PATH'];

function answer(script: string): void {
  writeFileSync(join(directory, 'getent'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'getent'), 0o755);
}

before(() => {
  process.env['PATH'] = `${directory}:${path}`;
});
after(() => {
  process.env['PATH'] = path;
  rmSync(directory, { recursive: true });
});

test('a user is read from the line of passwd(5)', async () => {
  answer('echo "$2:x:1000:1001:Some One:/home/one:/bin/sh"');
  assert.deepEqual(await findAccount('one'), {
    name: 'one',
    uid: '1000',
    gid: '1001',
    home: '/home/one',
  });
});

test('one who was found is not asked for again', async () => {
  answer('echo "$2:x:7:7::/:"');
  await findAccount('known');
  answer('exit 2');
  assert.equal((await findAccount('known')).uid, '7');
});

test('one who was not found is asked for again', async () => {
  answer('exit 2');
  await assert.rejects(findAccount('late'), {
    code: 'STAGE_NOT_STARTED',
    message: 'there is no user late on this host',
  });
  answer('echo "$2:x:8:8::/:"');
  assert.equal((await findAccount('late')).uid, '8');
});

test('a directory service that fails is not taken for an answer', async () => {
  answer('echo "cannot reach it" >&2; exit 3');
  await assert.rejects(findAccount('away'), {
    code: 'STAGE_NOT_STARTED',
    message: 'the user away could not be looked up: getent exited with status 3',
    details: ['| cannot reach it'],
  });
  answer('echo "$2:x:9:9::/:"');
  assert.equal((await findAccount('away')).uid, '9');
});

test('a name that getent would take for an option is no user', async () => {
  answer('echo "$2:x:7:7::/:"');
  await assert.rejects(findAccount('--help'), { message: 'there is no user --help on this host' });
});
