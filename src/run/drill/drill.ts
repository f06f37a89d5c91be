/**
 * A drill: a copy is restored where nothing can be harmed, and what came back is checked. Nothing of the copy is changed;
 * the result is recorded beside its manifest. No lock of the root is taken: a backup may run meanwhile.
 */
import { randomUUID } from 'node:crypto';
import type { BackupPlan, DrillPlan } from '../../config/plan/plan.js';
import { createRedactor } from '../../exec/values.js';
import { Failure } from '../../failure/failure.js';

import { locateCopy } from '../find-copy.js';
import { openSink } from '../open-sink.js';
import type { Operation } from '../operation.js';
import { cleanUpDrill } from './clean-up.js';
import { sweepDrills } from './leftovers.js';
import { conclude, type Outcome } from './outcome.js';
import { type PlannedRestore, planRestores } from './restores.js';
import { makeScratch } from './scratch.js';
import { runSteps } from './steps.js';
import type { DrillSubject } from './subject.js';
import { limitTime } from './time-limit.js';

export interface DrillRequest {
  readonly backup: BackupPlan;
  /** A prefix, or `latest`. */
  readonly copy: string;
}

/** Failure DRILL_FAILED, DRILL_NOT_PREPARED, DRILL_NOT_CLEANED, DRILL_NOT_RECORDED, COPY_NOT_FOUND, and those of a store. */
export async function runDrill(
  operation: Operation,
  { backup, copy }: DrillRequest,
): Promise<void> {
  const drill = drillOf(backup);
  const { emit, clock, signals } = operation;
  const sink = await openSink(operation, backup);
  const { prefix } = await locateCopy(sink, copy, clock());
  signals.signal.throwIfAborted();
  const stored = sink.stored(prefix);
  const subject = { operation, backup, drill, stored, prefix: prefix.name };
  const started = { at: new Date(clock()).toISOString(), sinceMs: performance.now() };
  try {
    await sweepDrills(operation, backup.id);
    const { location } = stored;
    emit({ type: 'drill-started', task: backup.id, prefix: prefix.name, location });
    await conclude(subject, await carryOut(subject), started);
  } finally {
    await stored.close();
  }
}

/** Failure USAGE. */
export function drillOf({ id, drill }: BackupPlan): DrillPlan {
  if (drill !== undefined) return drill;
  throw new Failure({
    code: 'USAGE',
    message: `task "${id}" has no drill`,
    hint: 'declare one under "drill"; samples/drill-mariadb.jsonc is an example',
  });
}

async function carryOut(subject: DrillSubject): Promise<Outcome> {
  try {
    return await inScratch(subject, await planRestores(subject));
  } catch (error) {
    if (error instanceof Failure) return { failure: error, untidy: [] };
    throw error;
  }
}

async function inScratch(
  subject: DrillSubject,
  restores: readonly PlannedRestore[],
): Promise<Outcome> {
  const { operation, backup, drill } = subject;
  const runId = randomUUID();
  const scratch = await makeScratch({ run: runId, task: backup.id }, drill);
  const { directory } = scratch;
  operation.emit({ type: 'debug', message: `the scratch directory is ${directory}` });
  const run = { ...subject, runId, directory, redactor: createRedactor() };
  const limit = limitTime(operation.signals.signal, drill);
  // Filled when all else is over, whatever way that is.
  const untidy: Failure[] = [];
  try {
    await runSteps(run, restores, limit.signal);
    return { failure: undefined, untidy };
  } catch (error) {
    if (error instanceof Failure) return { failure: error, untidy };
    throw error;
  } finally {
    limit.clear();
    untidy.push(...(await cleanUpDrill(run, scratch)));
  }
}
