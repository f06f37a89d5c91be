import type { ExecPlan } from '../../config/plan/plan.js';
import type { Emit } from '../../events/events.js';
import { stageName } from '../../exec/command.js';
import type { LeftOut } from '../../exec/excerpt.js';

/** Tells what a stage writes. `source`: the object that the stage is of, else the task. */
export interface OutputTeller {
  readonly onLine: (exec: ExecPlan, line: string) => void;
  readonly onLeftOut: (exec: ExecPlan, left: LeftOut) => void;
}

export function tellOutput(
  emit: Emit,
  source: string,
  stream: 'stdout' | 'stderr' = 'stderr',
): OutputTeller {
  const describe = (exec: ExecPlan) => ({
    source,
    stage: stageName(exec),
    stream,
    level: stream === 'stderr' ? exec.stderrLevel : exec.stdoutLevel,
  });
  return {
    onLine: (exec, line) => emit({ type: 'stage-output', ...describe(exec), line }),
    onLeftOut: (exec, { lines, bytes }) =>
      emit({ type: 'stage-output-left-out', ...describe(exec), count: lines, bytes }),
  };
}

/** Warns of a process that keeps the pipeline of an object from its end. */
export function tellHeld(emit: Emit, path: string): (message: string) => void {
  return (message) =>
    emit({ type: 'warning', message: `object "${path}": ${message}`, details: [] });
}
