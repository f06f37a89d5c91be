/** The engine in a worker thread, where its stages would die with the thread: refused before anything is done. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

const DOOR = new URL('../../src/run/operations.js', import.meta.url).href;

for (const name of ['run', 'startRun', 'restore', 'verify', 'drill']) {
  test(`${name} is a defect in a worker thread`, async () => {
    const script = `import(${JSON.stringify(DOOR)}).then((door) => door.${name}());`;
    const worker = new Worker(script, { eval: true });
    const [error] = await once(worker, 'error');
    assert.equal(error.message, 'the engine of palhm must not run in a worker thread');
  });
}
