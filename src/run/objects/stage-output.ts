import type { ExecPlan } from '../../config/plan/plan.js';
import type { Emit } from '../../events/events.js';
import { stageName } from '../../exec/command.js';

/** Tells each line that a stage writes to stderr. `source`: the object that the stage is of, else the task. */
export function tellStderr(emit: Emit, source: string): (exec: ExecPlan, line: string) => void {
  return (exec, line) =>
    emit({
      type: 'stage-output',
      source,
      stage: stageName(exec),
      line,
      stream: 'stderr',
      level: exec.stderrLevel,
    });
}
