/** The end of every drill: its own programs clean up, what still runs is ended, the scratch directory is removed. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import { Failure } from '../../failure/failure.js';
import { endProcesses } from '../operation/processes.js';
import type { DrillRun } from './drill-run.js';
import { runDrillExec } from './run-exec.js';
import { removeScratch, type Scratch } from './scratch.js';

/** For a program without a timeout of its own: no signal stops the clean-up, so it must not hang for ever. */
const TIMEOUT_MS = 60_000;

/** Goes on after a failure, and adds each to the aftermath. A signal does not stop it. */
export async function cleanUpDrill(run: DrillRun, { outer, lock }: Scratch): Promise<void> {
  const { operation, drill } = run;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      operation.aftermath.add(error);
    }
  };
  for (const [index, exec] of drill.cleanUp.entries()) {
    const name = `clean-up ${index + 1} of ${drill.cleanUp.length}`;
    await attempt(() => runExec(run, exec).catch(asNotCleaned(name)));
  }
  await endProcesses(operation);
  await attempt(() => removeScratch(outer));
  await attempt(() => lock.release());
}

async function runExec(run: DrillRun, exec: ExecPlan): Promise<void> {
  const { operation } = run;
  const startedAt = performance.now();
  const told = { step: 'clean-up', what: renderCommand(exec.argv) } as const;
  operation.emit({ type: 'drill-step-started', ...told });
  const bounded = { ...exec, timeout: exec.timeout ?? { ms: TIMEOUT_MS } };
  await runDrillExec(run, bounded, new AbortController().signal);
  const durationMs = performance.now() - startedAt;
  operation.emit({ type: 'drill-step-finished', ...told, durationMs });
}

/** `name`: which program failed. A defect passes unchanged. */
function asNotCleaned(name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Failure)) throw error;
    throw error.as({ code: 'DRILL_NOT_CLEANED', message: `${name}: ${error.message}` });
  };
}
