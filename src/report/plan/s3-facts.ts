/** What a plan says about a bucket: where, and how much memory its uploads take. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { S3Plan } from '../../config/plan/sinks/aws-s3.js';
import type { S3EncryptionPlan, S3ObjectLockPlan } from '../../config/plan/sinks/aws-s3-objects.js';
import { choosePartSizes, memoryOf } from '../../sink/aws-s3/upload/part-size.js';
import { formatRate, formatSize } from '../../units/bytes.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls } from '../text.js';
import { wordRetention } from './plan-facts.js';

export function s3Facts(sink: S3Plan): readonly (readonly string[])[] {
  return [
    ['sink', `aws-s3${sink.endpoint === undefined ? '' : ` at ${sink.endpoint}`}`],
    ['root', `s3://${sink.bucket}/${sink.root}`],
    ...(sink.roleArn === undefined ? [] : [['role', sink.roleArn]]),
    ...(sink.storageClass === undefined ? [] : [['class', sink.storageClass]]),
    ...(sink.encryption === undefined ? [] : [['encrypted', wordEncryption(sink.encryption)]]),
    ...(sink.tags.length === 0 ? [] : [['tags', wordTags(sink.tags)]]),
    ...(sink.objectLock === undefined ? [] : [['locked', wordLock(sink.objectLock)]]),
    ...(sink.bandwidth === undefined ? [] : [['at most', formatRate(sink.bandwidth)]]),
    ['keeps', wordRetention(sink.retention)],
  ].map((row) => row.map(escapeControls));
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

/** Bytes of the parts in memory, of as many objects as are built at once: in their first volumes and beyond them. */
export function uploadMemory(
  { groups }: Pick<BackupPlan, 'groups'>,
  sink: S3Plan,
  workers: number,
): { readonly first: number; readonly further: number } {
  const objects = groups.flatMap((group) => group.objects);
  const needs = objects.map(({ allocSize }) => memoryOf(choosePartSizes(sink, allocSize)));
  const sumOf = (values: readonly number[]): number =>
    values
      .toSorted((a, b) => b - a)
      .slice(0, Math.min(workers, values.length))
      .reduce((sum, value) => sum + value, 0);
  return {
    first: sumOf(needs.map(({ first }) => first)),
    further: sumOf(needs.map(({ further }) => further)),
  };
}

/** `up to 96.0 MiB for the parts of uploads, 256.0 MiB for objects that outgrow their first volume`. */
export function wordUploadMemory(
  backup: BackupPlan,
  workers: number,
): readonly (readonly string[])[] {
  if (backup.sink.type !== 'aws-s3') return [];
  const { first, further } = uploadMemory(backup, backup.sink, workers);
  const beyond =
    further > first ? `, ${formatSize(further)} for objects that outgrow their first volume` : '';
  return [['memory', `up to ${formatSize(first)} for the parts of uploads${beyond}`]];
}
