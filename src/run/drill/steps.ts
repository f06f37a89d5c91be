/** Runs the steps of a drill up to its verdict, one after the other: prepare, restore, check. */
import { renderCommand } from '../../config/plan/render-value.js';
import { bringBack } from '../objects/bring-back.js';
import { watchProgress } from '../objects/progress.js';
import { learnKnown } from '../objects/secrets.js';
import { tellHeld, tellOutput } from '../objects/stage-output.js';
import type { DrillRun } from './drill-run.js';
import type { PlannedRestore } from './restores.js';
import { drillContext, inScratch, runDrillExec } from './run-exec.js';
import { type Phase, type Step, stepFailure } from './step-failure.js';

/** Failure DRILL_NOT_PREPARED, DRILL_FAILED, or what stopped it. */
export async function runSteps(
  run: DrillRun,
  restores: readonly PlannedRestore[],
  signal: AbortSignal,
): Promise<void> {
  const { prepare, check, cleanUp } = run.drill;
  const restoring = restores.flatMap(({ decoding, pipeline }) => [...decoding, ...pipeline]);
  // A step may make what a later one needs.
  await learnKnown(run.operation, run.backup.id, [...prepare, ...restoring, ...check, ...cleanUp]);
  await runExecs(run, 'prepare', signal);
  for (const restore of restores) {
    const { path } = restore.object;
    const step: Step = { phase: 'restore', name: `restoring object ${JSON.stringify(path)}` };
    await runStep(run, { ...step, what: path, signal }, () => restoreObject(run, restore, signal));
  }
  await runExecs(run, 'check', signal);
}

/** The phases that are lists of programs. */
type ExecPhase = Exclude<Phase, 'restore'>;

async function runExecs(run: DrillRun, phase: ExecPhase, signal: AbortSignal): Promise<void> {
  const execs = run.drill[phase];
  for (const [index, exec] of execs.entries()) {
    const step: Step = { phase, name: `${phase} ${index + 1} of ${execs.length}` };
    const what = renderCommand(exec.argv);
    await runStep(run, { ...step, what, signal }, () => runDrillExec(run, exec, signal));
  }
}

interface StartedStep extends Step {
  readonly what: string;
  readonly signal: AbortSignal;
}

/** A step during which the time of the drill has run out has failed, however its programs have ended. */
async function runStep(
  { operation }: DrillRun,
  { signal, ...step }: StartedStep,
  work: () => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  const told = { step: step.phase, what: step.what };
  operation.emit({ type: 'drill-step-started', ...told });
  try {
    await work();
    signal.throwIfAborted();
  } catch (error) {
    throw stepFailure(step, error);
  }
  const durationMs = performance.now() - startedAt;
  operation.emit({ type: 'drill-step-finished', ...told, durationMs });
}

/** The output of the last stage goes nowhere: database clients repeat much of their input. */
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
      execs: [...decoding, ...pipeline.map((exec) => inScratch(run, exec))],
      context: drillContext(run, path),
      stdout: 'ignore',
      ...tellOutput(emit, path),
      onHeld: tellHeld(emit, path),
      onReader: (reader) => progress.watch(path, () => reader.bytes()),
      signal,
    });
  } finally {
    progress.close();
  }
}
