/** `palhm rotate`: remove old copies now, or say what would be removed. */

import { findBackup } from '../../config/plan/tasks.js';
import { Failure } from '../../failure/failure.js';
import { renderRotation } from '../../report/copies/rotation-text.js';
import { lockRoot } from '../../run/lock-root.js';
import { openSink } from '../../run/open-sink.js';
import { planRotationNow, rotateCopies } from '../../run/rotate.js';
import { writeJson } from '../../wire/json-text.js';
import { encodeRotation } from '../../wire/rotation.js';
import type { GlobalOptions } from '../global-options.js';
import { look, openPlan, operate } from '../session.js';

export interface RotateCommandOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
}

/** Of a sink that keeps nothing. */
const NOTHING_TO_ROTATE = { fates: [], refused: undefined, warnings: [] };

export async function rotate(
  options: GlobalOptions,
  task: string,
  command: RotateCommandOptions,
): Promise<void> {
  if (command.json === true && command.dryRun !== true) throw refuseJson();
  const plan = await openPlan(options);
  const backup = findBackup(plan, task);
  const confirmed = command.yes === true;
  if (command.dryRun === true) {
    const json = command.json === true;
    return await look(options, plan, async (emit) => {
      const sink = await openSink({ emit }, backup);
      const request = { backup, sink, current: undefined, confirmed };
      const planned = await planRotationNow({ emit, clock: Date.now }, request);
      const rotation = planned ?? NOTHING_TO_ROTATE;
      const text = json
        ? writeJson(encodeRotation(task, rotation))
        : renderRotation(task, rotation);
      process.stdout.write(text);
    });
  }
  await operate(options, plan, async (operation) => {
    const sink = await openSink(operation, backup);
    const request = { backup, sink, current: undefined, confirmed };
    const lock = await lockRoot(operation, { sink, task, waitMs: command.wait ?? 0 });
    try {
      await rotateCopies(operation, request);
    } finally {
      await lock.release();
    }
  });
}

function refuseJson(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--json works with --dry-run alone: rotation itself has no data to print',
    hint: 'for its events as JSON: palhm --log-format json rotate',
  });
}
