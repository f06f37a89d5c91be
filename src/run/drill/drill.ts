/**
 * A drill: a copy is restored where nothing can be harmed, and what came back is checked. Nothing of the copy is changed;
 * the result is recorded beside its manifest. No lock of the root is taken: a backup may run meanwhile.
 */
import type { BackupPlan, DrillPlan } from '../../config/plan/plan.js';
import { findBackup } from '../../config/plan/tasks.js';
import { ConfigErrors } from '../../config/read/diagnostics.js';
import { findMissingForDrill } from '../../exec/needs.js';
import { createRedactor } from '../../exec/values.js';
import { Failure, failureOf } from '../../failure/failure.js';
import { locateCopy } from '../copies/find-copy.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkOf, storedCopy } from '../operation/places.js';
import { cleanUpDrill } from './clean-up.js';
import { sweepDrills } from './leftovers.js';
import { conclude } from './outcome.js';
import { planRestores } from './restores.js';
import { makeScratch, type Scratch } from './scratch.js';
import { runSteps } from './steps.js';
import type { DrillRun, DrillSubject } from './subject.js';
import { limitTime } from './time-limit.js';

export interface DrillRequest {
  readonly task: string;
  /** A prefix, or `latest`. */
  readonly copy: string;
}

/** Which copy was drilled. */
export interface Drilled {
  readonly prefix: string;
}

/** Failure DRILL_FAILED, DRILL_NOT_PREPARED, COPY_NOT_FOUND, and those of a store. DRILL_NOT_CLEANED and DRILL_NOT_RECORDED go to the aftermath. */
export async function runDrill(whole: Operation, { task, copy }: DrillRequest): Promise<Drilled> {
  const { plan, host } = whole;
  const backup = findBackup(plan, task);
  const operation = whole.about(task);
  const drill = drillOf(backup);
  const problems = await findMissingForDrill(plan, backup, host.environment);
  if (problems.length > 0) throw new ConfigErrors(problems);
  return await within(operation, sinkOf(operation, backup), async (sink) => {
    const { prefix } = await locateCopy(operation, sink, copy);
    operation.signal.throwIfAborted();
    return await within(operation, storedCopy(sink, prefix), async (stored) => {
      await drillCopy({ operation, backup, drill, stored, prefix: prefix.name });
      return { prefix: prefix.name };
    });
  });
}

async function drillCopy(subject: DrillSubject): Promise<void> {
  const { operation, backup, stored, prefix } = subject;
  const at = new Date(operation.host.clock()).toISOString();
  const sinceMs = performance.now();
  await sweepDrills(operation, backup.id);
  operation.emit({ type: 'drill-started', prefix, location: stored.location });
  const failure = await failureOf(() => carryOut(subject));
  await conclude(subject, failure, { at, sinceMs });
}

/** Failure USAGE. */
function drillOf({ id, drill }: BackupPlan): DrillPlan {
  if (drill !== undefined) return drill;
  throw new Failure({
    code: 'USAGE',
    message: `task "${id}" has no drill`,
    hint: 'declare one under "drill"; samples/drill-mariadb.jsonc is an example',
  });
}

async function carryOut(subject: DrillSubject): Promise<void> {
  const { operation, drill } = subject;
  const restores = await planRestores(subject);
  await within(operation, scratchOf(subject), async ({ run }) => {
    const limit = limitTime(operation.signal, drill);
    try {
      await runSteps(run, restores, limit.signal);
    } finally {
      limit.clear();
    }
  });
}

/** The scratch directory and what runs in it. Each thing that could not be cleaned up goes to the aftermath. */
function scratchOf(
  subject: DrillSubject,
): Bracket<{ readonly run: DrillRun; readonly scratch: Scratch }> {
  const { operation } = subject;
  return {
    name: 'the scratch directory',
    async open() {
      const scratch = await makeScratch(subject);
      const { directory } = scratch;
      operation.emit({ type: 'debug', message: `the scratch directory is ${directory}` });
      return { run: { ...subject, directory, redactor: createRedactor() }, scratch };
    },
    async close({ run, scratch }) {
      for (const failure of await cleanUpDrill(run, scratch)) operation.aftermath.add(failure);
    },
  };
}
