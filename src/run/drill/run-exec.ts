/** Runs one program of a drill in its scratch directory. */
import { closeSync } from 'node:fs';
import type { ExecPlan } from '../../config/plan/plan.js';
import type { CommandContext } from '../../exec/command.js';
import { runPipeline } from '../../exec/pipeline.js';
import { DRAIN_MS, readOutput } from '../../exec/read-output.js';
import { openPipe } from '../../host/pipes.js';
import { runContext } from '../objects/run-context.js';
import { tellOutput } from '../objects/stage-output.js';
import type { DrillRun } from './drill-run.js';

/** Runs it to its end and tells what it prints line by line. Failures as those of `runPipeline`. */
export async function runDrillExec(
  run: DrillRun,
  exec: ExecPlan,
  signal: AbortSignal,
): Promise<void> {
  const pipe = await openPipe(signal);
  const context = drillContext(run);
  const told = tellOutput(run.operation.emit, run.backup.id, 'stdout');
  const output = readOutput(pipe.readEnd, {
    redact: (text) => context.redactor.redact(text),
    onLine: (line) => told.onLine(exec, line),
    onLeftOut: (left) => told.onLeftOut(exec, left),
    log: context.log,
  });
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(pipe.writeEnd);
    isOpen = false;
  };
  try {
    await runPipeline({
      execs: [inScratch(run, exec)],
      context,
      stdout: pipe.writeEnd,
      onStarted: close,
      ...tellOutput(run.operation.emit, run.backup.id),
      signal,
    });
  } finally {
    close();
    await output.tail(DRAIN_MS);
  }
}

/** A program whose config names no directory starts in the scratch directory. */
export function inScratch({ directory }: DrillRun, exec: ExecPlan): ExecPlan {
  return { ...exec, cwd: exec.cwd ?? directory };
}

/** `object`: the path of the one that is restored. */
export function drillContext(run: DrillRun, object?: string): CommandContext {
  const { operation, backup, prefix, directory } = run;
  return {
    ...runContext(operation, { task: backup.id, prefix, directory, object }),
    // What programs leave in TMPDIR is removed with the rest. And their user may have no access to the TMPDIR of palhm.
    environment: { PALHM_DRILL_DIRECTORY: directory, TMPDIR: directory },
  };
}
