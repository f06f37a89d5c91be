/** Rotation for its own sake: as a plan, or carried out under the lock of the root. */
import { findBackup } from '../../config/plan/tasks.js';
import type { RotationPlan } from '../../copy/retention.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { rootOf, sinkOf } from '../operation/places.js';
import { planRotationNow, type Rotation, rotateCopies } from './rotate.js';

export interface RotateRequest {
  readonly task: string;
  /** A person has seen the plan and wants it, however much it removes. */
  readonly confirmed: boolean;
  /** How long to wait for another run to end; 0: not at all. */
  readonly waitMs: number;
}

export async function rotateNow(
  operation: Operation,
  { task, confirmed, waitMs }: RotateRequest,
): Promise<Rotation> {
  const backup = findBackup(operation.plan, task);
  const own = operation.about(task);
  return await within(own, sinkOf(own, backup), (sink) =>
    within(own, rootOf(own, { sink, task, waitMs }), () =>
      rotateCopies(own, { backup, sink, current: undefined, confirmed }),
    ),
  );
}

/** Needs no lock. Undefined for a sink that keeps nothing. */
export async function planNow(
  operation: Operation,
  { task, confirmed }: Omit<RotateRequest, 'waitMs'>,
): Promise<RotationPlan | undefined> {
  const backup = findBackup(operation.plan, task);
  const own = operation.about(task);
  return await within(own, sinkOf(own, backup), (sink) =>
    planRotationNow(own, { backup, sink, current: undefined, confirmed }),
  );
}
