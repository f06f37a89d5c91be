/** The real program and a fake store of its own for it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Manifest } from '../../../src/copy/manifest.js';
import { describeHost, exitCodeOf, openOperation, run } from '../../../src/run/operations.js';
import { PATIENCE, type Patience } from '../../../src/sink/aws-s3/client/client.js';
import { createS3Sink } from '../../../src/sink/aws-s3/s3-sink.js';
import { loadFile } from '../load.js';
import { callPalhm, type Ended } from '../palhm.js';
import { listPrefixes } from '../site.js';
import { remainsOf } from './bucket.js';
import { type S3Fake, startFake } from './fake/fake.js';
import { goodRules } from './fake/rules.js';
import { makeBucket, readObject } from './server.js';
import { makeS3Site, ROOT, type S3Site } from './site.js';

export interface S3Stand {
  readonly fake: S3Fake;
  readonly bucket: string;
  readonly site: S3Site;
  run(): Promise<Ended>;
  /** The exit code of a run that gives up soon on what the store does not answer. */
  runImpatiently(signal?: AbortSignal): Promise<number>;
  /** How many requests of this operation there were. */
  count(operation: string): number;
  /** What is listed, oldest first; every copy is what its manifest says. */
  listWhole(): Promise<readonly string[]>;
  /** So many copies are listed and whole, and there is nothing else. */
  assertWhole(copies: number): Promise<void>;
  close(): Promise<void>;
}

export async function openS3Stand(): Promise<S3Stand> {
  const fake = await startFake();
  const bucket = await makeBucket(fake);
  const site = makeS3Site(fake, bucket);

  async function listWhole(): Promise<readonly string[]> {
    Object.assign(fake.rules, goodRules());
    const prefixes = await listPrefixes(site.config);
    for (const prefix of prefixes) await assertWholeCopy(fake, bucket, prefix);
    return prefixes;
  }

  return {
    fake,
    bucket,
    site,
    run: () => callPalhm(['-f', site.config, 'run', 'backup']),
    runImpatiently: (signal) => runImpatiently(site.config, signal),
    count: (operation) => fake.calls.filter((call) => call.operation === operation).length,
    listWhole,
    async assertWhole(copies) {
      assert.equal((await listWhole()).length, copies);
      assert.deepEqual(await remainsOf(fake, bucket, ROOT), []);
      assert.equal(fake.buckets.get(bucket)?.get(`${ROOT}/.palhm-lock`), undefined);
    },
    async close() {
      site.remove();
      await fake.stop();
    },
  };
}

async function runImpatiently(
  config: string,
  signal = new AbortController().signal,
): Promise<number> {
  const patience: Patience = { ...PATIENCE, attempts: 3, stopMs: 300 };
  const operation = openOperation({
    plan: await loadFile(config),
    host: describeHost(process.env),
    outlet: () => undefined,
    signal,
    createSink(plan, context) {
      assert.equal(plan.type, 'aws-s3');
      return createS3Sink(plan, context, patience);
    },
  });
  return exitCodeOf(await run(operation, { task: 'backup' }));
}

async function assertWholeCopy(fake: S3Fake, bucket: string, prefix: string): Promise<void> {
  const base = `${ROOT}/${prefix}/`;
  const text = await readObject(fake, bucket, `${base}.palhm-manifest.json`);
  const { objects } = JSON.parse(text.toString()) as Manifest;
  assert.ok(objects.length > 0);
  for (const { path, size, sha256, volumes = [path] } of objects) {
    const parts = volumes.map((volume) => readObject(fake, bucket, base + volume));
    const bytes = Buffer.concat(await Promise.all(parts));
    assert.equal(bytes.length, size, path);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, path);
  }
}
