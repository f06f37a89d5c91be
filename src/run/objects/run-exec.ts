import type { ExecPlan } from '../../config/plan/plan.js';
import type { CommandContext } from '../../exec/command.js';
import { type PipelineStart, runPipeline } from '../../exec/pipeline.js';
import type { Operation } from '../operation/operation.js';
import { tellOutput } from './stage-output.js';

export interface ExecRun extends Pick<PipelineStart, 'signal' | 'onEnded'> {
  readonly context: CommandContext;
  /** What the exec is of, for the log: an object, a group, a task. */
  readonly source: string;
}

/** Runs one program whose stdout nothing reads: it goes where the front end wants it by its `vl-stdout`. Failures of `runPipeline`. */
export async function runExec(
  { emit, stdout }: Operation,
  exec: ExecPlan,
  { source, ...run }: ExecRun,
): Promise<void> {
  await runPipeline({
    execs: [exec],
    stdout: stdout(exec.stdoutLevel),
    onStarted: () => {},
    ...tellOutput(emit, source),
    ...run,
  });
}
