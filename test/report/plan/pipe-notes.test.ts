import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notePipe } from '../../../src/report/plan/pipe-notes.js';
import { execPlan } from '../../rig/plans.js';

for (const argv of [
  ['pg_dump', '-Fc', 'db'],
  ['pg_dump', '-F', 'c', 'db'],
  ['pg_dump', '--format=custom'],
  ['pg_dump', '-vFc', 'db'],
  ['/usr/bin/qemu-img', 'convert', '-O', 'qcow2', 'disk.raw', '/dev/stdout'],
  ['mksquashfs', '/srv', '/dev/stdout'],
  ['dd', 'if=/dev/sda', 'conv=noerror,sparse'],
])
  test(`"${argv.join(' ')}" loses something in a pipe`, () => {
    assert.match(notePipe([execPlan(['true']), execPlan(argv)]) ?? '', /pipe/);
    const note = notePipe([execPlan(argv), execPlan(['zstd'])]);
    // These two cannot do their work there at all, whatever reads it.
    const isUseless = /qemu-img|mksquashfs/.test(argv.join());
    assert.equal(note !== undefined, isUseless);
  });

for (const argv of [
  ['pg_dump', 'db'],
  ['pg_dump', '-Ft', 'db'],
  ['pg_dump', '-f', 'Fc'],
  ['qemu-img', 'info', 'disk'],
  ['dd', 'if=/dev/sda', 'conv=noerror'],
  ['zip', '-r', '-', '/srv'],
])
  test(`"${argv.join(' ')}" loses nothing`, () => {
    assert.equal(notePipe([execPlan(argv)]), undefined);
  });
