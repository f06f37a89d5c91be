/** The end of a drill, however it went: its own programs clean up, what still runs is ended, the directory is removed. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import { Failure } from '../../failure/failure.js';
import { endProcessesOfRun } from '../../host/run-processes.js';
import { runDrillExec } from './run-exec.js';
import type { Scratch } from './scratch.js';
import type { DrillRun } from './subject.js';

/** What cleans up must not hang for ever where nobody can stop it: of a program that has no timeout of its own. */
const TIMEOUT_MS = 60_000;

/** What went wrong with it. Goes on after a failure; a signal does not stop it. */
export async function cleanUpDrill(run: DrillRun, scratch: Scratch): Promise<readonly Failure[]> {
  const { operation, drill, runId } = run;
  const failures: Failure[] = [];
  for (const [index, exec] of drill.cleanUp.entries()) {
    const name = `clean-up ${index + 1} of ${drill.cleanUp.length}`;
    failures.push(...(await collect(name, () => runExec(run, exec))));
  }
  const processes = await endProcessesOfRun(runId);
  if (processes > 0)
    operation.emit({ type: 'debug', message: `ended ${processes} processes of the drill` });
  failures.push(...(await collect(undefined, () => scratch.remove())));
  return failures;
}

async function runExec(run: DrillRun, exec: ExecPlan): Promise<void> {
  const { operation, backup } = run;
  const startedAt = performance.now();
  const told = { task: backup.id, step: 'clean-up', what: renderCommand(exec.argv) } as const;
  operation.emit({ type: 'drill-step-started', ...told });
  const bounded = { ...exec, timeout: exec.timeout ?? { ms: TIMEOUT_MS } };
  await runDrillExec(run, bounded, new AbortController().signal);
  const durationMs = performance.now() - startedAt;
  operation.emit({ type: 'drill-step-finished', ...told, durationMs });
}

async function collect(
  name: string | undefined,
  work: () => Promise<void>,
): Promise<readonly Failure[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [name === undefined ? error : named(name, error)];
  }
}

function named(name: string, failure: Failure): Failure {
  const { details, hint, place, message } = failure;
  return new Failure({
    code: 'DRILL_NOT_CLEANED',
    message: `${name}: ${message}`,
    details,
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { place }),
    cause: failure,
  });
}
