import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { openStaging, REPLACED } from '../../../src/run/restore/staging.js';
import { openTarget } from '../../../src/run/restore/target.js';
import { makeScratch } from '../../rig/scratch.js';

it('does not remove old files that could not be put back', async () => {
  const directory = makeScratch();
  const target = await openTarget(directory);
  const staging = await openStaging(target, randomUUID());
  mkdirSync(join(staging.path, REPLACED));
  writeFileSync(join(staging.path, REPLACED, '0'), 'old');
  await assert.rejects(staging.remove(), /old files that could not be put back are in it/);
  assert.equal(readFileSync(join(staging.path, REPLACED, '0'), 'utf8'), 'old');
  await target.handle.close();
});

it('goes with what was replaced for good', async () => {
  const directory = makeScratch();
  const target = await openTarget(directory);
  const staging = await openStaging(target, randomUUID());
  mkdirSync(join(staging.path, REPLACED));
  writeFileSync(join(staging.path, REPLACED, '0'), 'old');
  await staging.acceptReplacements();
  await staging.remove();
  assert.ok(!existsSync(staging.path));
  await target.handle.close();
});

it('leaves nothing when it cannot get its name', async () => {
  const directory = makeScratch();
  const target = await openTarget(directory);
  const id = randomUUID();
  mkdirSync(join(directory, `.palhm-restore.${id}`, 'occupied'), { recursive: true });
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  await assert.rejects(openStaging(target, id), { code: 'TARGET_UNUSABLE' });
  assert.equal(descriptors(), before);
  assert.deepEqual(readdirSync(directory), [`.palhm-restore.${id}`]);
  await target.handle.close();
});

it('leaves no directory of a target that cannot be made', async () => {
  const directory = makeScratch();
  const tooLong = 'x'.repeat(300);
  await assert.rejects(openTarget(join(directory, 'a', 'b', tooLong)), {
    code: 'TARGET_UNUSABLE',
  });
  assert.deepEqual(readdirSync(directory), []);
});
