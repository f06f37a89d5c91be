/** `palhm rotate --dry-run --json`: what rotation would do with each copy, and why. */
import type { RotationPlan } from '../copy/retention.js';

export type RotationJson = Readonly<ReturnType<typeof encodeRotation>>;

/** The part of a rotation plan (src/copy/retention.ts) that people see. */
export type RotationPreview = Pick<RotationPlan, 'fates' | 'refused' | 'warnings'>;

export function encodeRotation(task: string, plan: RotationPreview) {
  const { fates, refused, warnings } = plan;
  const copies = fates.map(({ copy: { prefix, size }, action, reason }) => {
    return { prefix: prefix.name, size, action, reason };
  });
  return { task, copies, ...sumUpRotation(plan), refused: refused ?? null, warnings };
}

export function sumUpRotation({ fates }: RotationPreview) {
  const removed = fates.filter((fate) => fate.action === 'remove');
  return {
    keeping: fates.length - removed.length,
    removing: removed.length,
    freeing: removed.reduce((sum, fate) => sum + fate.copy.size, 0),
  };
}
