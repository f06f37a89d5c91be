/** How much memory the uploads of a backup need. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { ObjectMemory, SinkFacts } from '../../sink/facts.js';
import { formatSize } from '../../units/bytes.js';

type MemoryFor = NonNullable<SinkFacts['memoryFor']>;

/** `up to 96.0 MiB for the parts of uploads, 256.0 MiB for objects that outgrow their first volume`. */
export function wordUploadMemory(
  backup: Pick<BackupPlan, 'groups'>,
  memoryFor: MemoryFor,
  workers: number,
): string {
  const { first, further } = sumAtOnce(backup, memoryFor, workers);
  const beyond =
    further > first ? `, ${formatSize(further)} for objects that outgrow their first volume` : '';
  return `up to ${formatSize(first)} for the parts of uploads${beyond}`;
}

/** The sum for as many objects as are built at once: those that need the most. */
function sumAtOnce(
  { groups }: Pick<BackupPlan, 'groups'>,
  memoryFor: MemoryFor,
  workers: number,
): ObjectMemory {
  const objects = groups.flatMap((group) => group.objects);
  const needs = objects.map(({ allocSize }) => memoryFor(allocSize));
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
