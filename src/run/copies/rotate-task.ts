/** Rotation by itself, without a backup: as a plan, or done under the lock of the root. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { RotationPlan } from '../../copy/retention.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { rootBracket, sinkBracket } from '../operation/places.js';
import { planRotationNow, type Rotation, rotateCopies } from './rotate.js';

export interface RotateRequest {
  readonly task: string;
  /** A person has seen the plan and wants it, however much it removes. */
  readonly confirmed: boolean;
  /** How long to wait for another run to end; 0: not at all. */
  readonly waitMs: number;
}

export async function rotateTask(
  operation: Operation,
  backup: BackupPlan,
  { confirmed, waitMs }: RotateRequest,
): Promise<Rotation> {
  return await within(operation, sinkBracket(operation, backup), (sink) =>
    within(
      operation,
      rootBracket(operation, { sink, task: backup.id, waitMs, isThere: true }),
      () => rotateCopies(operation, { backup, sink, current: undefined, confirmed }),
    ),
  );
}

/** Needs no lock. Undefined for a sink that keeps nothing. */
export async function planTaskRotation(
  operation: Operation,
  backup: BackupPlan,
  { confirmed }: Pick<RotateRequest, 'confirmed'>,
): Promise<RotationPlan | undefined> {
  return await within(operation, sinkBracket(operation, backup), (sink) =>
    planRotationNow(operation, { backup, sink, current: undefined, confirmed }),
  );
}
