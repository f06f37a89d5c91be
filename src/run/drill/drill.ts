/**
 * A drill restores a copy where it can do no harm, and checks what came back. It does not change the copy, and records the
 * result beside its manifest. It does not lock the root: a backup may run at the same time.
 */
import type { BackupPlan, DrillPlan } from '../../config/plan/plan.js';
import { ConfigErrors } from '../../config/read/diagnostics.js';
import { findMissingForDrill } from '../../exec/needs.js';
import { Failure, failureOf } from '../../failure/failure.js';
import { locateCopy } from '../copies/find-copy.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkBracket, storedCopyBracket } from '../operation/places.js';
import { cleanUpDrill } from './clean-up.js';
import type { DrillRun, DrillSubject } from './drill-run.js';
import { sweepDrills } from './leftovers.js';
import { recordOutcome } from './outcome.js';
import { planRestores } from './restores.js';
import { makeScratch, type Scratch } from './scratch.js';
import { runSteps } from './steps.js';
import { limitTime } from './time-limit.js';

export interface DrillRequest {
  readonly task: string;
  /** A prefix, or `latest`. */
  readonly copy: string;
}

/** Which copy was drilled. */
export interface DrillResult {
  readonly prefix: string;
}

/**
 * Failure DRILL_FAILED, DRILL_NOT_PREPARED, COPY_NOT_FOUND, and those of a store. DRILL_NOT_CLEANED and
 * DRILL_NOT_RECORDED go to the aftermath.
 */
export async function runDrill(
  operation: Operation,
  backup: BackupPlan,
  { copy }: Pick<DrillRequest, 'copy'>,
): Promise<DrillResult> {
  const { plan, host } = operation;
  const drill = drillOf(backup);
  const problems = await findMissingForDrill(plan, backup, host.environment);
  if (problems.length > 0) throw new ConfigErrors(problems);
  return await within(operation, sinkBracket(operation, backup), async (sink) => {
    const { prefix } = await locateCopy(operation, { task: backup.id, sink }, copy);
    operation.signal.throwIfAborted();
    return await within(operation, storedCopyBracket(sink, prefix), async (stored) => {
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
  const failure = await failureOf(() => restoreAndCheck(subject));
  await recordOutcome(subject, { at, sinceMs, failure });
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

async function restoreAndCheck(subject: DrillSubject): Promise<void> {
  const { operation, drill } = subject;
  const restores = await planRestores(subject);
  await within(operation, scratchBracket(subject), async ({ run }) => {
    const limit = limitTime(operation.signal, drill);
    try {
      await runSteps(run, restores, limit.signal);
    } finally {
      limit.clear();
    }
  });
}

/** The scratch directory and what runs in it. Everything that cannot be cleaned up goes to the aftermath. */
function scratchBracket(
  subject: DrillSubject,
): Bracket<{ readonly run: DrillRun; readonly scratch: Scratch }> {
  const { operation } = subject;
  return {
    name: 'the scratch directory',
    async open() {
      const scratch = await makeScratch(subject);
      const { directory } = scratch;
      operation.emit({ type: 'debug', message: `the scratch directory is ${directory}` });
      return { run: { ...subject, directory }, scratch };
    },
    close: ({ run, scratch }) => cleanUpDrill(run, scratch),
  };
}
