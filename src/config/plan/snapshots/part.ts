/** The way from a disk to a part of it. */
import { assertNever } from '../../../failure/failure.js';
import { type Cursor, child, items } from '../../check/cursor.js';
import type { PartStep as Step } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { resolveKey } from '../key.js';
import type { Value } from '../value.js';

/** Each leads from the device of the one before to one in it. */
export type PartStep =
  | { readonly type: 'partition'; readonly number: number }
  /** `key`: a passphrase of it. */
  | { readonly type: 'luks'; readonly key: Value }
  /** `volume`: `group/volume`, as the guest calls it. */
  | { readonly type: 'lvm'; readonly volume: string };

/** Those that have an error are left out. */
export function resolvePart(
  at: Cursor<readonly Step[]> | undefined,
  problems: Problems,
): readonly PartStep[] {
  return items(at, problems).flatMap((step) => resolveStep(step, problems) ?? []);
}

function resolveStep(
  { value: step, node }: Cursor<Step>,
  problems: Problems,
): PartStep | undefined {
  switch (step.type) {
    case 'partition':
      return { type: 'partition', number: step.number };
    case 'luks': {
      const at = child({ value: step, node }, 'key', problems);
      const key = at && resolveKey(at, problems);
      return key && { type: 'luks', key };
    }
    case 'lvm':
      return { type: 'lvm', volume: step.volume };
    default:
      return assertNever(step);
  }
}
