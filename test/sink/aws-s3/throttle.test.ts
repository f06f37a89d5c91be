import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { addThrottle, createThrottle } from '../../../src/sink/aws-s3/client/throttle.js';

const MEBIBYTE = 2 ** 20;

suite('the bandwidth of uploads', () => {
  test('is that of all bodies together, within a fifth, and used evenly', async () => {
    const throttle = createThrottle(5 * MEBIBYTE);
    const started = performance.now();
    const arrived: { readonly at: number; readonly bytes: number }[] = [];
    const sent = [6, 3, 1].map((size) => randomBytes(size * MEBIBYTE));
    const received = await Promise.all(
      sent.map(async (bytes) => {
        const chunks: Buffer[] = [];
        for await (const chunk of throttle.pace(bytes) as AsyncIterable<Buffer>) {
          chunks.push(chunk);
          arrived.push({ at: performance.now() - started, bytes: chunk.length });
        }
        return Buffer.concat(chunks);
      }),
    );
    assert.ok(received.every((bytes, index) => bytes.equals(sent[index] ?? Buffer.alloc(0))));
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds > 1.6 && seconds < 2.4, `${seconds} s for 10 MiB at 5 MiB/s`);
    for (let from = 0; from + 500 < seconds * 1000; from += 100) {
      const window = arrived.filter(({ at }) => at >= from && at < from + 500);
      const bytes = window.reduce((sum, one) => sum + one.bytes, 0);
      assert.ok(bytes < 4 * MEBIBYTE, `${bytes} bytes in half a second from ${from} ms`);
    }
  });

  test('is not saved up while nothing is sent', async () => {
    let now = 0;
    const throttle = createThrottle(MEBIBYTE, () => now);
    now += 3_600_000;
    const body = throttle.pace(Buffer.alloc(MEBIBYTE / 4));
    const started = performance.now();
    for await (const chunk of body as AsyncIterable<Buffer>)
      now += (chunk.length * 1000) / MEBIBYTE;
    assert.ok(performance.now() - started > 100);
  });

  test('lets a body go that nobody wants any more', async () => {
    const body = createThrottle(16 * 1024).pace(Buffer.alloc(MEBIBYTE));
    body.read();
    body.destroy();
    await new Promise((resolve) => body.once('close', resolve));
  });

  test('holds for what is sent again, which is whole', async (context) => {
    const bytes = randomBytes(MEBIBYTE);
    const digests: string[] = [];
    const server = createServer((request, answer) => {
      const hash = createHash('sha256');
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () => {
        digests.push(hash.digest('hex'));
        answer.writeHead(digests.length === 1 ? 500 : 200, { etag: '"x"' }).end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      region: 'us-east-1',
      forcePathStyle: true,
    });
    context.after(() => {
      client.destroy();
      server.close();
    });
    addThrottle(client, 4 * MEBIBYTE);
    const started = performance.now();
    await client.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: bytes }));
    assert.ok(performance.now() - started > 400, 'two times 1 MiB at 4 MiB/s');
    const digest = createHash('sha256').update(bytes).digest('hex');
    assert.deepEqual(digests, [digest, digest]);
  });
});
