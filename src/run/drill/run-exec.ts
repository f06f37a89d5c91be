/** One program of a drill, in its scratch directory. */
import { closeSync } from 'node:fs';
import type { ExecPlan } from '../../config/plan/plan.js';
import { type CommandContext, stageName } from '../../exec/command.js';
import { runPipeline } from '../../exec/pipeline.js';
import { DRAIN_MS, readOutput } from '../../exec/read-output.js';
import { openPipe } from '../../host/pipes.js';
import { contextOf } from '../objects/context.js';
import { tellStderr } from '../objects/stage-output.js';
import type { DrillRun } from './subject.js';

/** Runs it to its end; what it prints is told line by line. Failures as those of `runPipeline`. */
export async function runDrillExec(
  run: DrillRun,
  exec: ExecPlan,
  signal: AbortSignal,
): Promise<void> {
  const pipe = await openPipe();
  const output = readOutput(pipe.readEnd, {
    redact: (text) => run.redactor.redact(text),
    onLine: (line) =>
      run.operation.emit({
        type: 'stage-output',
        source: run.backup.id,
        stage: stageName(exec),
        line,
        stream: 'stdout',
        level: exec.stdoutLevel,
      }),
  });
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(pipe.writeEnd);
    isOpen = false;
  };
  try {
    await runPipeline({
      execs: [placed(run, exec)],
      context: contextOfDrill(run),
      stdout: pipe.writeEnd,
      onStarted: close,
      onLine: tellStderr(run.operation.emit, run.backup.id),
      signal,
    });
  } finally {
    close();
    await output.lastWords(DRAIN_MS);
  }
}

/** A program that does not say where starts in the scratch directory. */
export function placed({ directory }: DrillRun, exec: ExecPlan): ExecPlan {
  return { ...exec, cwd: exec.cwd ?? directory };
}

/** `object`: the path of the one that is restored. */
export function contextOfDrill(run: DrillRun, object?: string): CommandContext {
  const { operation, backup, prefix, directory, redactor } = run;
  return {
    ...contextOf(operation, { task: backup.id, prefix, directory, object }),
    redactor,
    // What they leave in TMPDIR goes with the rest; and palhm's own may be closed to the user of a program.
    environment: { PALHM_DRILL_DIRECTORY: directory, TMPDIR: directory },
  };
}
