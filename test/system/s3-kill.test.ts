/**
 * `kill -9` of palhm at 100 moments of a run to a bucket: after every one what is listed is whole and no old copy is
 * missing; after the next run that ends nothing is left of the dead, unfinished uploads included.
 * Debian packages: ceph-mon ceph-osd radosgw ceph-common.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Manifest } from '../../src/copy/manifest.js';
import { runPalhm, startPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes, type TestObject } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const KILLS = 100;
const KILLED_IN_A_ROW = 5;
/** Every other kill comes soon after one of these, so that each stage of a run meets some on a machine of any speed. */
const AIMS = ['copy-opened', 'object-finished', 'copy-committed'] as const;
const SOON_MS = 60;
const COPY_LIMIT = 4;
const OBJECTS: readonly TestObject[] = [
  { path: 'small', stages: ['echo small'] },
  { path: 'empty', stages: [':'] },
  { path: 'large', stages: ['head -c 12000000 /dev/urandom', 'cat'] },
  { path: 'slow', stages: ['head -c 6000000 /dev/urandom; sleep 0.1; echo end'] },
];

let server: S3Server;
let bucket: string;
let site: S3Site;
const skip = whyNoLab('rgw-start.sh');
before(async () => {
  if (skip !== false) return;
  server = await startS3('rgw');
  bucket = await makeBucket(server);
  site = makeS3Site(server, bucket);
  const param = { 'nb-copy-limit': COPY_LIMIT, 'part-size': '5 MiB' };
  site.write({ objects: OBJECTS, param });
});
after(async () => {
  if (skip !== false) return;
  site.remove();
  await server.stop();
});

test(`kill -9 at ${KILLS} moments of a run to a bucket`, { skip }, async (context) => {
  const { openedMs, wholeMs } = await measureRun();
  let listed = await listPrefixes(site.config);
  let committed = 0;
  let [open, uploading] = [0, 0];
  for (let index = 1; index <= KILLS; index++) {
    // The start of Node, which is a third of it, says little; what comes before the copy is in it all the same.
    const earliestMs = openedMs * 0.7;
    const aim = index % 2 === 0 ? AIMS[(index / 2) % AIMS.length] : undefined;
    const ms =
      aim === undefined
        ? earliestMs + Math.random() * (wholeMs * 1.05 - earliestMs)
        : Math.random() * SOON_MS;
    const what = `kill ${index}, ${ms.toFixed(0)} ms after ${aim ?? 'its start'}`;
    const run = startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']);
    if (aim !== undefined) assert.ok(await run.event(aim), what);
    await delay(ms);
    run.child.kill('SIGKILL');
    await run.ended;
    const left = await remainsOf(server, bucket, ROOT);
    if (left.some((key) => key.endsWith('/.palhm-open'))) open += 1;
    if (left.some((key) => key.startsWith('upload '))) uploading += 1;
    const now = await listPrefixes(site.config);
    const fresh = now.filter((prefix) => !listed.includes(prefix));
    committed += fresh.length;
    for (const prefix of fresh) await checkWhole(prefix, what);
    const gone = listed.filter((prefix) => !now.includes(prefix));
    assert.deepEqual(gone, listed.slice(0, gone.length), `${what}: only the oldest may go`);
    assert.ok(now.length >= Math.min(listed.length, COPY_LIMIT), what);
    listed = now;
    if (index % KILLED_IN_A_ROW !== 0) continue;
    await runUndisturbed();
    listed = await listPrefixes(site.config);
    assert.deepEqual(await remainsOf(server, bucket, ROOT), [], what);
    assert.deepEqual(await uploadsIn(server, bucket), [], what);
    assert.deepEqual(await keysBelow(server, bucket, `${ROOT}/.palhm-lock`), [], what);
    for (const prefix of listed) await checkWhole(prefix, what);
  }
  context.diagnostic(
    `of the killed runs ${open} left an open copy, ${uploading} an upload, ${committed} had committed`,
  );
  assert.ok(open > 0 && uploading > 0 && committed > 0, 'they were killed at many stages');
});

/** When an undisturbed run opens its copy, and when it ends. */
async function measureRun(): Promise<{ readonly openedMs: number; readonly wholeMs: number }> {
  const startedAt = performance.now();
  const run = startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']);
  assert.ok(await run.event('copy-opened'));
  const openedMs = performance.now() - startedAt;
  assert.equal((await run.ended).code, 0);
  return { openedMs, wholeMs: performance.now() - startedAt };
}

async function runUndisturbed(): Promise<void> {
  const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
  assert.equal(code, 0, stderr);
}

/** Every object of a listed copy has the size and the hash that its manifest says. */
async function checkWhole(prefix: string, what: string): Promise<void> {
  const base = `${ROOT}/${prefix}/`;
  const text = await readObject(server, bucket, `${base}.palhm-manifest.json`);
  const { objects } = JSON.parse(text.toString()) as Manifest;
  assert.equal(objects.length, OBJECTS.length, what);
  for (const { path, sha256 } of objects) {
    const bytes = await readObject(server, bucket, base + path);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, `${what}: ${path}`);
  }
}
