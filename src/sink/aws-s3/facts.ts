/** What a plan tells about a bucket. Every command loads this file, so it must not import the SDK. */
import type { S3Plan } from '../../config/plan/sinks/aws-s3.js';
import type { S3EncryptionPlan, S3ObjectLockPlan } from '../../config/plan/sinks/aws-s3-objects.js';
import { formatRate } from '../../units/bytes.js';
import { formatDuration } from '../../units/duration.js';
import type { SinkFact, SinkFacts, Traits } from '../facts.js';
import { choosePartSizes, memoryOf } from './upload/part-size.js';

export const S3_TRAITS: Traits = {
  keeps: true,
  sizes: 'stored',
  digest: 'own',
  rotation: 'copies',
  wantsExpectedSize: true,
};

export function s3Facts(plan: S3Plan): SinkFacts {
  return {
    place: [plan.type, locationOf(plan)],
    root: rootOf(plan),
    directory: undefined,
    rows: rowsOf(plan),
    json: describe(plan),
    prefix: plan.prefix,
    retention: plan.retention,
    memoryFor: (allocSize) => memoryOf(choosePartSizes(plan, allocSize)),
  };
}

function locationOf({ bucket, root }: S3Plan): string {
  return `s3://${bucket}/${root}`;
}

/** The endpoint is normalized, because it can be written in several ways. On AWS the name of a bucket is unique. */
function rootOf({ type, endpoint = '', bucket, root }: S3Plan): string {
  const server = URL.canParse(endpoint) ? new URL(endpoint).href.replace(/\/+$/, '') : endpoint;
  return `${type}:${server}/${bucket}/${root}`;
}

function rowsOf(plan: S3Plan): readonly SinkFact[] {
  const { type, endpoint, roleArn, storageClass, encryption, tags, objectLock, bandwidth } = plan;
  const rows: readonly (readonly [name: string, text: string | undefined])[] = [
    ['sink', `${type}${endpoint === undefined ? '' : ` at ${endpoint}`}`],
    ['root', locationOf(plan)],
    ['role', roleArn],
    ['class', storageClass],
    ['encrypted', encryption && wordEncryption(encryption)],
    ['tags', tags.length === 0 ? undefined : wordTags(tags)],
    ['locked', objectLock && wordLock(objectLock)],
    ['at most', bandwidth === undefined ? undefined : formatRate(bandwidth)],
  ];
  return rows.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
}

/** `aws:kms with the key alias/backup`. */
function wordEncryption({ algorithm, kmsKeyId }: S3EncryptionPlan): string {
  return `by the store, ${algorithm}${kmsKeyId === undefined ? '' : ` with the key ${kmsKeyId}`}`;
}

function wordTags(tags: S3Plan['tags']): string {
  return tags.map(({ key, value }) => `${key}=${value}`).join(', ');
}

function wordLock({ mode, retainFor }: S3ObjectLockPlan): string {
  return `for ${formatDuration(retainFor)}, ${mode}`;
}

function describe(plan: S3Plan): SinkFacts['json'] {
  const { encryption, tags, objectLock } = plan;
  return {
    type: plan.type,
    bucket: plan.bucket,
    root: plan.root,
    endpoint: plan.endpoint ?? null,
    region: plan.region ?? null,
    profile: plan.profile ?? null,
    role_arn: plan.roleArn ?? null,
    storage_class: plan.storageClass ?? null,
    final_storage_class: plan.finalStorageClass ?? null,
    encryption: encryption?.algorithm ?? null,
    kms_key_id: encryption?.kmsKeyId ?? null,
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    object_lock:
      objectLock === undefined
        ? null
        : { mode: objectLock.mode, retain_for_ms: objectLock.retainFor.ms },
    bandwidth: plan.bandwidth ?? null,
    part_size: plan.partSize ?? null,
    queue_size: plan.queueSize ?? null,
    max_parts: plan.maxParts,
  };
}
