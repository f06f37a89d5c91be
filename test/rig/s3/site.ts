/** A config for the real program whose task `backup` goes to a bucket. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOf, type TestBackup } from '../cli.js';
import type { S3Server } from './server.js';

export interface S3Site {
  readonly directory: string;
  readonly config: string;
  write(backup: TestBackup): void;
  remove(): void;
}

export const ROOT = 'backup/host';

export function makeS3Site(server: S3Server, bucket: string): S3Site {
  const directory = mkdtempSync(join(tmpdir(), 'palhm-s3-'));
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
      const text = JSON.stringify(configOf(ROOT, { ...backup, param }));
      writeFileSync(config, text.replace('"backend":"localfs"', '"backend":"aws-s3"'));
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
