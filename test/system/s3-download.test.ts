/** Reading an object back over a bad network. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { connect } from '../../src/sink/aws-s3/client/client.js';
import { openStoredCopy } from '../../src/sink/aws-s3/read/stored-copy.js';
import type { StoredCopy } from '../../src/sink/sink.js';
import { makeBucket, type S3Server, s3Plan } from '../rig/s3/server.js';
import { contextOf, prefixAt } from '../rig/sinks.js';
import { type Fault, type ReadRequest, startFaultyProxy } from './faulty-proxy.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const MEBIBYTE = 2 ** 20;
const BYTES = randomBytes(40 * MEBIBYTE + 1);
const EXPECTED = { size: BYTES.length, sha256: sha256(BYTES) };
const STALL_MS = 1500;

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('aws-s3, reading on a bad night', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  before(async () => {
    server = await startS3('rgw');
    bucket = await makeBucket(server);
    await put(BYTES);
  });
  after(() => server.stop());

  function put(Body: Buffer): Promise<unknown> {
    const Key = `a/${prefixAt(0).name}/o`;
    return server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  }

  /** A copy behind a proxy, and what the proxy was asked for. */
  async function behind(
    choose: (request: ReadRequest) => Fault | Promise<Fault>,
    use: (stored: StoredCopy, asked: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const asked: string[] = [];
    const proxy = await startFaultyProxy(
      server.endpoint,
      () => 'none',
      (request) => {
        asked.push(request.range);
        return choose(request);
      },
    );
    const plan = s3Plan({ ...server, endpoint: proxy.endpoint }, { bucket, root: 'a' });
    const connection = await connect(plan, contextOf(), { stallMs: STALL_MS, attempts: 8 });
    const store = { ...connection, bucket, base: 'a/', location: `s3://${bucket}/a` };
    const context = contextOf();
    const stored = openStoredCopy({ store, context, awsOptions: [] }, prefixAt(0));
    try {
      await use(stored, asked);
    } finally {
      await stored.close();
      connection.client.destroy();
      await proxy.close();
    }
  }

  const { signal } = new AbortController();
  /** The first request is for the whole object, and each further one for what is missing. */
  function assertResumed(asked: readonly string[], times: number): void {
    assert.equal(asked[0], '');
    assert.equal(asked.length, 1 + times, asked.join(' '));
    const starts = asked.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range)?.[1]));
    for (const [index, start] of starts.entries())
      assert.ok(start > (starts[index - 1] ?? 0) && start < BYTES.length, asked.join(' '));
  }

  it('goes on where a connection broke', async () => {
    const cutFour = ({ number }: ReadRequest): Fault => (number <= 4 ? 'cut' : 'none');
    await behind(cutFour, async (stored, asked) => {
      assert.deepEqual(await stored.digest(['o'], { signal }), EXPECTED);
      assertResumed(asked, 4);
    });
  });

  it('asks again when the store is too busy', async () => {
    const refuseTwo = ({ number }: ReadRequest): Fault => (number <= 2 ? '503' : 'none');
    await behind(refuseTwo, async (stored) => {
      assert.deepEqual(await stored.digest(['o'], { signal }), EXPECTED);
    });
  });

  it('cuts a connection on which nothing comes, and goes on', { timeout: 60_000 }, async () => {
    const stallOne = ({ number }: ReadRequest): Fault => (number === 1 ? 'stall' : 'none');
    await behind(stallOne, async (stored, asked) => {
      assert.deepEqual(await stored.digest(['o'], { signal }), EXPECTED);
      assertResumed(asked, 1);
    });
  });

  it('gives up when it breaks every time', { timeout: 120_000 }, async () => {
    await behind(
      () => '500',
      (stored) => assert.rejects(stored.digest(['o'], { signal }), { code: 'SINK_UNAVAILABLE' }),
    );
  });

  it('never joins two objects', async () => {
    const replace = async ({ number }: ReadRequest): Promise<Fault> => {
      if (number === 2) await put(Buffer.alloc(BYTES.length));
      return number === 1 ? 'cut' : 'none';
    };
    await behind(replace, async (stored) => {
      await assert.rejects(stored.digest(['o'], { signal }), {
        code: 'COPY_DAMAGED',
        message: /replaced while it was being read/,
      });
    });
  });
});
