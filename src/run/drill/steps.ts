/** The steps of a drill up to its verdict: prepare, restore, check, one after the other. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import { bringBack } from '../objects/bring-back.js';
import { watchProgress } from '../objects/progress.js';
import { tellStderr } from '../objects/stage-output.js';
import { failedAt, type Phase, type Step } from './judgement.js';
import type { PlannedRestore } from './restores.js';
import { contextOfDrill, placed, runDrillExec } from './run-exec.js';
import type { DrillRun } from './subject.js';

/** Failure DRILL_NOT_PREPARED, DRILL_FAILED, or what stopped it. */
export async function runSteps(
  run: DrillRun,
  restores: readonly PlannedRestore[],
  signal: AbortSignal,
): Promise<void> {
  await runExecs(run, { phase: 'prepare', execs: run.drill.prepare, signal });
  for (const restore of restores) {
    const { path } = restore.object;
    const step: Step = { phase: 'restore', name: `restoring object ${JSON.stringify(path)}` };
    await runStep(run, { step, what: path, work: () => restoreObject(run, restore, signal) });
  }
  await runExecs(run, { phase: 'check', execs: run.drill.check, signal });
}

interface Execs {
  readonly phase: Exclude<Phase, 'restore'>;
  readonly execs: readonly ExecPlan[];
  readonly signal: AbortSignal;
}

async function runExecs(run: DrillRun, { phase, execs, signal }: Execs): Promise<void> {
  for (const [index, exec] of execs.entries()) {
    const step: Step = { phase, name: `${phase} ${index + 1} of ${execs.length}` };
    const what = renderCommand(exec.argv);
    await runStep(run, { step, what, work: () => runDrillExec(run, exec, signal) });
  }
}

interface Work {
  readonly step: Step;
  readonly what: string;
  readonly work: () => Promise<void>;
}

async function runStep({ operation }: DrillRun, { step, what, work }: Work): Promise<void> {
  const startedAt = performance.now();
  const told = { step: step.phase, what };
  operation.emit({ type: 'drill-step-started', ...told });
  try {
    await work();
  } catch (error) {
    throw failedAt(step, error);
  }
  const durationMs = performance.now() - startedAt;
  operation.emit({ type: 'drill-step-finished', ...told, durationMs });
}

/** What the last stage prints goes nowhere: clients repeat much of what they are fed. */
async function restoreObject(
  run: DrillRun,
  { object, decoding, pipeline }: PlannedRestore,
  signal: AbortSignal,
): Promise<void> {
  const { emit } = run.operation;
  const { path } = object;
  const progress = watchProgress(emit);
  try {
    await bringBack({
      stored: run.stored,
      object,
      execs: [...decoding, ...pipeline.map((exec) => placed(run, exec))],
      context: contextOfDrill(run, path),
      stdout: 'ignore',
      onLine: tellStderr(emit, path),
      onReader: (reader) => progress.watch(path, () => reader.bytes()),
      signal,
    });
  } finally {
    progress.close();
  }
}
