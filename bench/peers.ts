/** The programs that palhm is measured against on a bucket, and the store that all of them write to. */
import { type S3Server } from '../test/rig/s3/server.js';
import { startS3 } from '../test/system/s3-servers.js';

export interface Peer {
  readonly name: string;
  /** Stores its stdin under a key. */
  readonly put: (key: string) => readonly string[];
  /** Writes what is stored there to stdout. */
  readonly get: (key: string) => readonly string[];
}

/** Room for the objects of a round whose predecessors are still being collected. */
const STORE_GB = '80';
/** Debian's own: another one may be before it on the PATH. */
const AWS = '/usr/bin/aws';

export function startStore(): Promise<S3Server> {
  // Of the client that makes the bucket: no line of a report.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  return startS3('rgw', { LAB_OSD_GB: STORE_GB });
}

export function makePeers({ endpoint }: S3Server, bucket: string): readonly Peer[] {
  const aws = [AWS, '--endpoint-url', endpoint, 's3', 'cp', '--quiet'];
  return [
    {
      name: 'aws s3 cp',
      put: (key) => [...aws, '-', `s3://${bucket}/${key}`],
      get: (key) => [...aws, `s3://${bucket}/${key}`, '-'],
    },
    {
      name: 'rclone',
      put: (key) => ['rclone', '-q', 'rcat', `lab:${bucket}/${key}`],
      get: (key) => ['rclone', '-q', 'cat', `lab:${bucket}/${key}`],
    },
  ];
}

/** What the peers need to know of the store. */
export function environmentOf(server: S3Server): NodeJS.ProcessEnv {
  const { AWS_CA_BUNDLE: _, ...environment } = process.env;
  return {
    ...environment,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_LAB_TYPE: 's3',
    RCLONE_CONFIG_LAB_PROVIDER: 'Ceph',
    RCLONE_CONFIG_LAB_ENDPOINT: server.endpoint,
    RCLONE_CONFIG_LAB_ENV_AUTH: 'true',
  };
}

/** The program gets the file through a pipe; the shell replaces itself, so that it is the program that is measured. */
export function fromPipe(file: string, argv: readonly string[]): readonly string[] {
  return ['bash', '-c', 'file=$0; exec "$@" < <(exec cat "$file")', file, ...argv];
}

/** What the program writes goes through a pipe to somebody who reads it. */
export function intoPipe(argv: readonly string[]): readonly string[] {
  return ['bash', '-c', 'exec "$@" > >(exec cat >/dev/null)', 'bash', ...argv];
}
