/**
 * Adds the encryption and the tags to every request that writes an object, in one place, so that no write can be without
 * them. That includes the marker and the lock, because a bucket policy that demands them makes no exception for those.
 */
import {
  AbortMultipartUploadCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { S3EncryptionPlan } from '../../../config/plan/sinks/aws-s3-objects.js';
import { notEncrypted } from '../bucket/capabilities.js';

const WRITES = new Set(['PutObjectCommand', 'CopyObjectCommand', 'CreateMultipartUploadCommand']);

export function addObjectHeaders(
  client: S3Client,
  { encryption, tags }: Pick<S3Plan, 'encryption' | 'tags'>,
): void {
  if (encryption === undefined && tags.length === 0) return;
  const repairTags = createTagRepair(client, tags);
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        if (commandName === 'CompleteMultipartUploadCommand') {
          const result = await next(call);
          await repairTags(call.input);
          return result;
        }
        if (!WRITES.has(commandName)) return next(call);
        const input = { ...call.input, ...headersOf(commandName, encryption, tags) };
        const result = await next({ ...call, input });
        if (commandName === 'CreateMultipartUploadCommand' && encryption !== undefined)
          await confirmUpload(client, result.output, encryption);
        return result;
      },
    { step: 'initialize', name: 'palhmObjectHeaders' },
  );
}

function headersOf(
  commandName: string,
  encryption: S3EncryptionPlan | undefined,
  tags: S3Plan['tags'],
): Readonly<Record<string, string>> {
  const key = encryption?.kmsKeyId;
  return {
    ...(encryption === undefined ? {} : { ServerSideEncryption: encryption.algorithm }),
    ...(key === undefined ? {} : { SSEKMSKeyId: key }),
    ...(tags.length === 0 ? {} : { Tagging: renderTags(tags) }),
    // Without REPLACE the store copies the old tags, which needs one more right.
    ...(tags.length > 0 && commandName === 'CopyObjectCommand'
      ? { TaggingDirective: 'REPLACE' }
      : {}),
  };
}

/** The header has the form of a query string. */
function renderTags(tags: S3Plan['tags']): string {
  return tags
    .map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join('&');
}

/**
 * Fails when the store does not encrypt an upload in parts; some encrypt only what is sent at once. The upload is aborted here
 * because the caller never learns its id.
 */
async function confirmUpload(
  client: S3Client,
  begun: object,
  encryption: S3EncryptionPlan,
): Promise<void> {
  const applied = 'ServerSideEncryption' in begun ? begun.ServerSideEncryption : undefined;
  if (applied === encryption.algorithm) return;
  const at = addressOf(begun);
  const UploadId = 'UploadId' in begun ? String(begun.UploadId) : undefined;
  if (at !== undefined) {
    // The reason is reported, not a failure of this. An upload that stays is aborted when the copy is rolled back.
    await client.send(new AbortMultipartUploadCommand({ ...at, UploadId })).catch(() => undefined);
  }
  throw notEncrypted(encryption);
}

/**
 * Returns a function that sets the tags of a completed upload again when the store has lost them, as Ceph 16 does. The first
 * upload tells whether this store does. When this key may not read tags, they are taken to be there.
 */
function createTagRepair(
  client: S3Client,
  tags: S3Plan['tags'],
): (upload: object) => Promise<void> {
  const TagSet = tags.map(({ key, value }) => ({ Key: key, Value: value }));
  let keepsTags: Promise<boolean> | undefined;
  return async (upload) => {
    const at = addressOf(upload);
    if (tags.length === 0 || at === undefined) return;
    keepsTags ??= client.send(new GetObjectTaggingCommand(at)).then(
      (answer) => (answer.TagSet ?? []).length > 0,
      () => true,
    );
    if (await keepsTags) return;
    await client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
  };
}

function addressOf(upload: object): { Bucket: string; Key: string } | undefined {
  if (!('Bucket' in upload) || !('Key' in upload)) return undefined;
  const { Bucket, Key } = upload;
  return typeof Bucket === 'string' && typeof Key === 'string' ? { Bucket, Key } : undefined;
}
