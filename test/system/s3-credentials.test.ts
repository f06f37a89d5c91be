/**
 * Credentials by typed references, that no output has them, and what the SDK does about a wrong clock, on a real store.
 * Debian packages: ceph-mon ceph-osd radosgw ceph-common.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { openStore } from '../../src/sink/aws-s3/bucket/open-store.js';
import { type Store } from '../../src/sink/aws-s3/bucket/store.js';
import { readText, writeText } from '../../src/sink/aws-s3/bucket/texts.js';
import { probeSink } from '../../src/sink/registry.js';
import { type PalhmOptions, runPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server, s3Plan } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { contextOf } from '../rig/sinks.js';
import { listPrefixes } from '../rig/site.js';
import { checkSinks } from './connect.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const HOUR_MS = 3_600_000;
const OBJECTS = [{ path: 'a', stages: ['echo 1', 'cat'] }];

describe('aws-s3, who it is and when', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('rgw');
  });
  beforeEach(async () => {
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
  });
  after(() => server.stop());

  /** The secret where each kind of reference finds it. */
  function place(kind: string): { readonly reference: object; readonly env: PalhmOptions['env'] } {
    const path = join(site.directory, 'secret');
    // With the line break that an editor adds.
    if (kind !== 'env') writeFileSync(path, `${server.secretAccessKey}\n`, { mode: 0o600 });
    if (kind === 'file') return { reference: { file: path }, env: {} };
    if (kind === 'env') {
      return { reference: { env: 'S3_SECRET' }, env: { S3_SECRET: server.secretAccessKey } };
    }
    return { reference: { credential: 'secret' }, env: { CREDENTIALS_DIRECTORY: site.directory } };
  }

  for (const kind of ['file', 'env', 'credential']) {
    it(`takes its secret from ${kind}, and shows it nowhere`, async () => {
      const { reference, env = {} } = place(kind);
      const credentials = { 'access-key-id': server.accessKeyId, 'secret-access-key': reference };
      site.write({ objects: OBJECTS, param: { credentials } });
      const said: string[] = [];
      const palhm = async (expected: number, ...args: string[]): Promise<void> => {
        const { code, stdout, stderr } = await runPalhm(['-f', site.config, ...args], { env });
        assert.equal(code, expected, stderr);
        said.push(stdout, stderr);
      };
      await palhm(0, '-vvvv', 'run', 'backup');
      await palhm(0, '--log-format', 'json', '-vvvv', 'run', 'backup');
      await palhm(0, '-vvvv', 'config', 'check', '--connect');
      await palhm(0, 'run', 'backup', '--plan', '--json');
      for (const part of [['config'], ['list', '--json'], ['show', 'backup', '--json']]) {
        await palhm(0, ...part);
      }
      for (const prefix of await listPrefixes(site.config, { env })) {
        const key = `${ROOT}/${prefix}/.palhm-manifest.json`;
        said.push((await readObject(server, bucket, key)).toString());
      }
      site.write({ objects: OBJECTS, param: { credentials, bucket: 'no-such-bucket' } });
      await palhm(1, '-vvvv', 'run', 'backup');
      const wrong = { ...credentials, 'access-key-id': 'nobody' };
      site.write({ objects: OBJECTS, param: { credentials: wrong } });
      await palhm(1, '-vvvv', '--log-format', 'json', 'run', 'backup');
      await palhm(1, '-vvvv', 'config', 'check', '--connect', '--json');
      assert.ok(said.join('').length > 1000);
      assert.ok(!said.join('').includes(server.secretAccessKey));
    });
  }

  it('makes, lists and removes copies with the checksums that are required alone', async () => {
    const param = { checksum: 'when-required', 'part-size': '5 MiB', 'nb-copy-limit': 1 };
    const large = ['head -c 12000000 /dev/urandom'];
    site.write({ objects: [...OBJECTS, { path: 'large', stages: large }], param });
    for (let round = 0; round < 2; round++) {
      const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
      assert.equal(code, 0, stderr);
    }
    assert.equal((await listPrefixes(site.config)).length, 1);
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
    assert.equal((await checkSinks(site.config)).code, 0);
  });

  /** The store behind a client whose clock is wrong by so much. */
  async function storeWithClock(
    context: TestContext,
    { offset, attempts }: { readonly offset: number; readonly attempts: number },
  ): Promise<Store> {
    const now = Date.now.bind(Date);
    context.mock.method(Date, 'now', () => now() + offset);
    const patience = { stallMs: 5000, attempts };
    return await openStore(s3Plan(server, { bucket, root: 'x' }), contextOf(), patience);
  }

  for (const [sign, offset] of [
    ['fast', HOUR_MS],
    ['slow', -HOUR_MS],
  ] as const) {
    it(`the SDK signs again with the time of the store when the clock is an hour ${sign}`, async (context) => {
      const store = await storeWithClock(context, { offset, attempts: 2 });
      await writeText(store, 'x/a', 'text');
      assert.equal((await readText(store, 'x/a'))?.text, 'text');
      assert.ok(Math.abs(store.storeTime() - (Date.now() - offset)) < HOUR_MS / 60);
    });
  }

  it('the SDK signs again when the clock is set right in the middle of a run', async (context) => {
    const store = await storeWithClock(context, { offset: HOUR_MS, attempts: 2 });
    await writeText(store, 'x/a', 'wrong');
    context.mock.restoreAll();
    await writeText(store, 'x/b', 'right');
    assert.deepEqual(await keysBelow(server, bucket, ''), ['x/a', 'x/b']);
  });

  it('a clock that is not corrected is a failure of its own', async (context) => {
    const store = await storeWithClock(context, { offset: HOUR_MS, attempts: 1 });
    await assert.rejects(writeText(store, 'x/a', 'text'), { code: 'STORE_CLOCK_SKEWED' });
    context.mock.restoreAll();
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
  });

  it('--connect says that the clock is wrong, but finds everything there', async (context) => {
    const { client } = await storeWithClock(context, { offset: HOUR_MS, attempts: 2 });
    client.destroy();
    const { signal } = new AbortController();
    const found = await probeSink(s3Plan(server, { bucket, root: 'x' }), {
      ...contextOf(),
      signal,
    });
    const clock = found.find(({ name }) => name === 'compare the clocks');
    assert.match(clock?.detail ?? '', /^the clock of this host is (1 h|59 min|60 min).* ahead of/);
    assert.ok(found.every(({ state }) => state !== 'missing'));
  });
});
