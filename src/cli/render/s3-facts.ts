/** What a plan says about a bucket: where, and how much memory its uploads take. */
import type { BackupPlan, S3Plan } from '../../config/plan.js';
import { choosePartSizes } from '../../sink/aws-s3/part-size.js';
import { formatSize } from '../../units/size.js';
import { wordRetention } from './plan-facts.js';

export function s3Facts(sink: S3Plan): readonly (readonly string[])[] {
  return [
    ['sink', `aws-s3${sink.endpoint === undefined ? '' : ` at ${sink.endpoint}`}`],
    ['root', `s3://${sink.bucket}/${sink.root}`],
    ...(sink.storageClass === undefined ? [] : [['class', sink.storageClass]]),
    ['keeps', wordRetention(sink.retention)],
  ];
}

/** The parts that are filled or sent at once, of as many objects as are built at once; undefined without a limit. */
export function uploadMemory(
  { groups }: Pick<BackupPlan, 'groups'>,
  sink: S3Plan,
  workers: number,
): number {
  const objects = groups.flatMap((group) => group.objects);
  const needs = objects.map(({ allocSize }) => {
    const { partSize, queueSize } = choosePartSizes(sink, allocSize);
    return partSize * (queueSize + 1);
  });
  const largest = needs.sort((a, b) => b - a).slice(0, Math.min(workers, needs.length));
  return largest.reduce((sum, need) => sum + need, 0);
}

/** `up to 640.0 MiB for the parts of uploads`. */
export function wordUploadMemory(
  backup: BackupPlan,
  workers: number,
): readonly (readonly string[])[] {
  if (backup.sink.type !== 'aws-s3') return [];
  const bytes = uploadMemory(backup, backup.sink, workers);
  return [['memory', `up to ${formatSize(bytes)} for the parts of uploads`]];
}
