/** A Ceph gateway with more in its configuration than the lab gives it. */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type S3Server } from '../rig/s3/server.js';
import { mustRunScript } from './lab.js';
import { startS3 } from './s3-servers.js';

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
  // Not with SIGKILL: the next gateway would wait half a minute for what the dead one watched.
  await mustRunScript('rgw-stop.sh', [server.state]);
  await mustRunScript('rgw-start.sh', [server.state]);
  return server;
}

export function admin(server: S3Server, ...args: readonly string[]): string {
  const config = join(server.state, 'ceph.conf');
  return execFileSync('radosgw-admin', ['-c', config, ...args], { encoding: 'utf8' });
}
