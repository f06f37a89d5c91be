/** `palhm rotate --dry-run --json`: what rotation would do with each copy, and why. */
import type { RotationPlan } from '../copy/retention.js';

export type RotationJson = Readonly<ReturnType<typeof encodeRotation>>;

/** Of the plan that `src/copy/retention.ts` makes. */
export type RotationToShow = Pick<RotationPlan, 'fates' | 'refused' | 'warnings'>;

export function encodeRotation(task: string, plan: RotationToShow) {
  const { fates, refused, warnings } = plan;
  const copies = fates.map(({ copy: { prefix, size }, action, reason }) => {
    return { prefix: prefix.name, size, action, reason };
  });
  return { task, copies, ...sumUpRotation(plan), refused: refused ?? null, warnings };
}

export function sumUpRotation({ fates }: RotationToShow) {
  const removed = fates.filter((fate) => fate.action === 'remove');
  return {
    keeping: fates.length - removed.length,
    removing: removed.length,
    freeing: removed.reduce((sum, fate) => sum + fate.copy.size, 0),
  };
}
