/** A stage that writes to the file system that is frozen for it: nothing but the thaw ends it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFileSystem, whyNoFileSystem } from '../../rig/file-system.js';
import { startPalhm } from '../../rig/palhm.js';
import { listPrefixes, makeSite } from '../../rig/site.js';

const MAX_S = 60;
/** palhm gives up a stage that cannot be ended, which takes longer. */
const SOON_MS = 8000;

test('is thawed at once when the run is stopped, or another object has failed', {
  skip: whyNoFileSystem('ext4'),
}, async () => {
  const files = makeFileSystem('ext4');
  const site = makeSite();
  const mark = join(site.directory, 'mark');
  const stage = (script: string): object => ({
    type: 'exec-inline',
    argv: ['sh', '-c', script, { snapshot: 'path' }],
  });
  const write = (...scripts: readonly string[]): void => {
    const snapshot = { type: 'fs', mount: files.top, freeze: { max: `${MAX_S}s` } };
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: site.root },
      'object-groups': [{ id: 'g', snapshot }],
      objects: scripts.map((script, index) => ({
        path: `o${index}`,
        group: 'g',
        pipeline: [stage(script)],
      })),
    };
    writeFileSync(site.config, JSON.stringify({ 'nb-workers': 2, tasks: [task] }));
  };
  const start = () => startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']);
  const stuck = `echo stuck >&2; : >"$0/new"`;
  try {
    write(stuck);
    const stopped = start();
    assert.ok(await stopped.event('stage-output'));
    stopped.child.kill('SIGTERM');
    assert.equal((await stopped.ended).code, 143);
    write(stuck, `until test -e ${mark}; do sleep 0.1; done; exit 1`);
    const failing = start();
    assert.ok(await failing.event('stage-output'));
    writeFileSync(mark, '');
    assert.equal((await failing.ended).code, 1);
    for (const run of [stopped, failing]) {
      const frozenMs = Number((await run.event('thawed'))?.['duration_ms']);
      assert.ok(frozenMs < SOON_MS, `frozen for ${frozenMs} ms`);
    }
    assert.deepEqual(await listPrefixes(site.config), []);
  } finally {
    files.remove();
    site.remove();
  }
});
