/** The way from a disk to a part of it. */
import { assertNever } from '../../../failure/failure.js';
import { type Cursor, items } from '../../check/cursor.js';
import type { PartStep as Step } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';

/** Each leads from the device of the one before to one in it. */
export type PartStep =
  | { readonly type: 'partition'; readonly number: number }
  /** `volume`: `group/volume`, as the guest calls it. */
  | { readonly type: 'lvm'; readonly volume: string };

/** Those that have an error are left out. */
export function resolvePart(
  at: Cursor<readonly Step[]> | undefined,
  problems: Problems,
): readonly PartStep[] {
  return items(at, problems).map(({ value }) => resolveStep(value));
}

function resolveStep(step: Step): PartStep {
  switch (step.type) {
    case 'partition':
      return { type: 'partition', number: step.number };
    case 'lvm':
      return { type: 'lvm', volume: step.volume };
    default:
      return assertNever(step);
  }
}
