/** A disk that cannot read some of its blocks any more: the memory of a process stands in for them, which reads as EIO. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { runPalhm } from '../rig/palhm.js';
import { listPrefixes, makeSite } from '../rig/site.js';

const SMALL = [{ path: 'small', stages: ['echo small'] }];

/** True when the file reads as EIO now, until it is unmounted. */
function spoil(file: string): boolean {
  try {
    execFileSync('mount', ['--bind', `/proc/${process.pid}/mem`, file], { stdio: 'pipe' });
  } catch {
    return false;
  }
  const fd = openSync(file, 'r');
  try {
    assert.throws(() => readSync(fd, Buffer.alloc(1), 0, 1, 0), { code: 'EIO' });
  } finally {
    closeSync(fd);
  }
  return true;
}

it('one manifest that cannot be read hides no other copy and stops no backup', async (context) => {
  const site = makeSite();
  site.write({ objects: SMALL });
  const palhm = (...args: string[]) => runPalhm(['-f', site.config, ...args]);
  for (let count = 0; count < 2; count++) await palhm('run', 'backup');
  const [first = '', second = ''] = await listPrefixes(site.config);
  const file = join(site.root, first, '.palhm-manifest.json');
  const isSpoilt = spoil(file);
  context.after(() => {
    if (isSpoilt) execFileSync('umount', [file]);
    site.remove();
  });
  if (!isSpoilt) {
    context.skip('nothing can be mounted here');
    return;
  }
  const listed = await palhm('list', 'backup');
  assert.equal(listed.code, 0);
  assert.ok(listed.stdout.includes(second) && !listed.stdout.includes(first), listed.stdout);
  assert.match(listed.stderr, /left alone: ".*", cannot be read: EIO/);
  const verified = await palhm('verify', 'backup', '--copy', first);
  assert.equal(verified.code, 1, verified.stderr);
  assert.match(verified.stderr, /NOT_READ/);
  const run = await palhm('run', 'backup');
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /cannot be read: EIO/);
});

it('one object that cannot be read is named, and the others are read', async (context) => {
  const site = makeSite();
  // What stands in for the bad blocks has no size.
  site.write({ objects: [{ path: 'bad', stages: [':'], inverses: ['cat'] }, ...SMALL] });
  const palhm = (...args: string[]) => runPalhm(['-f', site.config, ...args]);
  await palhm('run', 'backup');
  const [prefix = ''] = await listPrefixes(site.config);
  const file = join(site.root, prefix, 'bad');
  const isSpoilt = spoil(file);
  context.after(() => {
    if (isSpoilt) execFileSync('umount', [file]);
    site.remove();
  });
  if (!isSpoilt) {
    context.skip('nothing can be mounted here');
    return;
  }
  // A stage that reads the file itself fails, too, and is only a consequence.
  for (const more of [[], ['--decode']]) {
    const { code, stdout, stderr } = await palhm('verify', 'backup', '--json', ...more);
    // The disk may be well in another machine: nobody has seen wrong bytes.
    assert.equal(code, 1);
    const [copy] = JSON.parse(stdout).copies;
    assert.deepEqual([copy.result, copy.recorded], ['unread', false]);
    assert.deepEqual(
      copy.objects.map(({ result }: { result: string }) => result),
      ['unread', 'whole'],
    );
    assert.match(stderr, /cannot read object "bad": EIO/);
  }
});
