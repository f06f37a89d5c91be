/** A Ceph gateway with more in its configuration than the lab gives it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { mustRunScript } from './lab.js';
import { type S3Server, startS3 } from './s3-server.js';

/** A key service of its own with the key `k1`, and STS. */
const MORE = [
  'rgw crypt s3 kms backend = testing',
  `rgw crypt s3 kms encryption keys = k1=${Buffer.alloc(32, 7).toString('base64')}`,
  'rgw sts key = abcdefghijklmnop',
  'rgw s3 auth use sts = true',
];

export async function startCeph(): Promise<S3Server> {
  const server = await startS3('rgw');
  appendFileSync(join(server.state, 'ceph.conf'), `${MORE.join('\n')}\n`);
  // It keeps nothing of its own, and now and then hangs in its shutdown.
  const pid = readFileSync(join(server.state, 'run/client.rgw.pid'), 'utf8').trim();
  execFileSync('kill', ['-9', pid]);
  await portFree(Number(new URL(server.endpoint).port));
  await mustRunScript('rgw-start.sh', [server.state]);
  return server;
}

export function admin(server: S3Server, ...args: readonly string[]): string {
  const options = { encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync(
    'radosgw-admin',
    ['-c', join(server.state, 'ceph.conf'), ...args],
    options,
  ).toString();
}

async function portFree(port: number): Promise<void> {
  for (;;) {
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
      await new Promise((resolve) => probe.close(resolve));
      return;
    } catch {
      // Still the gateway's.
    }
  }
}
