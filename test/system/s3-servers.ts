/** Real S3 servers of the lab. */
import assert from 'node:assert/strict';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Server } from '../rig/s3/server.js';
import { makeLabDirectory, mustRunScript } from './lab.js';

export type S3Kind = 'rgw' | 'swift-s3';

export async function startS3(
  kind: S3Kind,
  env: Readonly<Record<string, string>> = {},
): Promise<S3Server> {
  const state = await makeLabDirectory();
  const printed = await mustRunScript(`${kind}-start.sh`, [state], env);
  const value = (name: string): string => {
    const found = new RegExp(`^export ${name}=(.*)$`, 'm').exec(printed)?.[1];
    assert.ok(found !== undefined, `${kind}-start.sh did not say ${name}`);
    return found;
  };
  const endpoint = value('S3_ENDPOINT');
  const accessKeyId = value('AWS_ACCESS_KEY_ID');
  const secretAccessKey = value('AWS_SECRET_ACCESS_KEY');
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({
    endpoint,
    credentials,
    region: 'us-east-1',
    forcePathStyle: true,
  });
  const other = {
    accessKeyId: value('S3_OTHER_ACCESS_KEY_ID'),
    secretAccessKey: value('S3_OTHER_SECRET_ACCESS_KEY'),
  };
  return {
    endpoint,
    accessKeyId,
    secretAccessKey,
    other,
    state,
    client,
    async stop() {
      client.destroy();
      await mustRunScript(`${kind}-stop.sh`, [state, '--wipe']);
    },
  };
}
