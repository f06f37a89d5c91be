/**
 * Which stage of a pipeline failed of its own accord. When a stage dies, its neighbours follow: those before it get
 * SIGPIPE or EPIPE as soon as they write on, those behind it see an ordinary end of their input. So a stage that broke on
 * its pipe while a later stage failed is a consequence, and of the rest the first to end is the cause.
 */
import type { ExecPlan } from '../config/plan/plan.js';
import { acceptsCode } from '../units/code-range.js';
import type { StageEnd } from './stage.js';

/** 128 + SIGPIPE: what a shell makes of it (bash(1), EXIT STATUS). */
const SHELL_SIGPIPE = 141;
/** What programs that ignore SIGPIPE print when write(2) fails with EPIPE, errno 32. */
const BROKEN_PIPE = /broken pipe|EPIPE|errno[ :=]*32\b/i;

export interface JudgedStage {
  readonly exec: ExecPlan;
  readonly end: StageEnd;
  readonly well: boolean;
}

/** Whether a stage did what its exec asks of it. A death by a signal is a failure unless that very signal is accepted. */
export function judgeStage(exec: ExecPlan, end: StageEnd): JudgedStage {
  return { exec, end, well: hasEndedWell(exec, end) };
}

function hasEndedWell(exec: ExecPlan, end: StageEnd): boolean {
  if (end.stopped === 'timeout') return false;
  if (end.signal !== null) return exec.signals.includes(end.signal);
  return end.exitCode !== null && acceptsCode(exec.accepted, end.exitCode);
}

/** The stage that is the cause; undefined when none failed except those that palhm itself stopped. */
export function findCulprit(stages: readonly JudgedStage[]): JudgedStage | undefined {
  const failed = stages.filter(({ well, end }) => !well && end.stopped !== 'asked');
  const causes = failed.filter((stage) => !(hasBrokenOnPipe(stage.end) && stage !== failed.at(-1)));
  return causes.toSorted((a, b) => a.end.endedAt - b.end.endedAt)[0];
}

/** True when the end looks like that of a writer whose reader has gone. */
export function hasBrokenOnPipe({ signal, exitCode, stderr }: StageEnd): boolean {
  return signal === 'SIGPIPE' || exitCode === SHELL_SIGPIPE || BROKEN_PIPE.test(stderr);
}
