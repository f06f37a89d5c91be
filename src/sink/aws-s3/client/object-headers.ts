/**
 * What every write carries beside its bytes: how the store shall encrypt it, and its tags. It is added to the requests as
 * they leave, so that no write can be without it, those of the marker and the lock included: a policy of a bucket that
 * demands them makes no exceptions either.
 */
import {
  AbortMultipartUploadCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { S3EncryptionPlan } from '../../../config/plan/sinks/aws-s3-objects.js';
import { notEncrypted } from './store-promises.js';

const WRITES = new Set(['PutObjectCommand', 'CopyObjectCommand', 'CreateMultipartUploadCommand']);

export function addObjectHeaders(
  client: S3Client,
  { encryption, tags }: Pick<S3Plan, 'encryption' | 'tags'>,
): void {
  if (encryption === undefined && tags.length === 0) return;
  const completed = createTagKeeper(client, tags);
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        if (commandName === 'CompleteMultipartUploadCommand') {
          const result = await next(call);
          await completed(call.input);
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
    // Otherwise the tags are read and written again, which takes a right more.
    ...(tags.length > 0 && commandName === 'CopyObjectCommand'
      ? { TaggingDirective: 'REPLACE' }
      : {}),
  };
}

/** As the header has them: a query. */
function renderTags(tags: S3Plan['tags']): string {
  return tags
    .map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** A store may know encryption for objects that are sent at once alone. Nobody else would know of the upload. */
async function confirmUpload(
  client: S3Client,
  begun: object,
  encryption: S3EncryptionPlan,
): Promise<void> {
  const applied = 'ServerSideEncryption' in begun ? begun.ServerSideEncryption : undefined;
  if (applied === encryption.algorithm) return;
  const at = addressOf(begun);
  const UploadId = 'UploadId' in begun ? String(begun.UploadId) : undefined;
  if (at !== undefined) await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
  throw notEncrypted(encryption);
}

/**
 * Ceph 16 forgets the tags of what is sent in parts. Whether this store does is looked at once; where that is not allowed,
 * the store is believed.
 */
function createTagKeeper(
  client: S3Client,
  tags: S3Plan['tags'],
): (upload: object) => Promise<void> {
  const TagSet = tags.map(({ key, value }) => ({ Key: key, Value: value }));
  let keeps: Promise<boolean> | undefined;
  return async (upload) => {
    const at = addressOf(upload);
    if (tags.length === 0 || at === undefined) return;
    keeps ??= client.send(new GetObjectTaggingCommand(at)).then(
      (answer) => (answer.TagSet ?? []).length > 0,
      () => true,
    );
    if (await keeps) return;
    await client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
  };
}

function addressOf(upload: object): { Bucket: string; Key: string } | undefined {
  if (!('Bucket' in upload) || !('Key' in upload)) return undefined;
  const { Bucket, Key } = upload;
  return typeof Bucket === 'string' && typeof Key === 'string' ? { Bucket, Key } : undefined;
}
