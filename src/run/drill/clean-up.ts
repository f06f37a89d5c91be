/** The end of a drill, however it went: its own programs clean up, what still runs is ended, the directory is removed. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import { Failure } from '../../failure/failure.js';
import { endProcessesOfRun } from '../../host/run-processes.js';
import type { DrillRun } from './drill-run.js';
import { runDrillExec } from './run-exec.js';
import type { Scratch } from './scratch.js';

/** What cleans up must not hang for ever where nobody can stop it: of a program that has no timeout of its own. */
const TIMEOUT_MS = 60_000;

/** What went wrong with it. Goes on after a failure; a signal does not stop it. */
export async function cleanUpDrill(run: DrillRun, scratch: Scratch): Promise<readonly Failure[]> {
  const { operation, drill } = run;
  const failures: Failure[] = [];
  for (const [index, exec] of drill.cleanUp.entries()) {
    const name = `clean-up ${index + 1} of ${drill.cleanUp.length}`;
    failures.push(...(await collect(name, () => runExec(run, exec))));
  }
  const processes = await endProcessesOfRun(operation.id);
  if (processes > 0)
    operation.emit({ type: 'debug', message: `ended ${processes} processes of the drill` });
  failures.push(...(await collect(undefined, () => scratch.remove())));
  return failures;
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

async function collect(
  name: string | undefined,
  work: () => Promise<void>,
): Promise<readonly Failure[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message } = error;
    return [
      name === undefined
        ? error
        : error.as({ code: 'DRILL_NOT_CLEANED', message: `${name}: ${message}` }),
    ];
  }
}
