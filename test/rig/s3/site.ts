/** A config for the real program whose task `backup` goes to a bucket. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratch } from '../scratch.js';
import { configOf, type TestBackup } from '../site.js';
import type { S3Server } from './server.js';

export interface S3Site {
  readonly directory: string;
  readonly config: string;
  write(backup: TestBackup): void;
  remove(): void;
}

export const ROOT = 'backup/host';

export function makeS3Site(server: S3Server, bucket: string): S3Site {
  const directory = makeScratch();
  const config = join(directory, 'palhm.jsonc');
  const credentials = {
    'access-key-id': server.accessKeyId,
    'secret-access-key': server.secretAccessKey,
  };
  return {
    directory,
    config,
    write(backup) {
      const param = { bucket, endpoint: server.endpoint, credentials, ...backup.param };
      writeFileSync(config, JSON.stringify(configOf(ROOT, { ...backup, param }, 'aws-s3')));
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
