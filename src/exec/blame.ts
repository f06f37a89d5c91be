/**
 * Finds the stage of a pipeline that failed by itself. When a stage dies, its neighbours end, too: those before it get
 * SIGPIPE or EPIPE with their next write, those after it see a normal end of their input. So a stage that ended because of
 * its broken pipe while a later stage failed is a consequence. Of the others, the first one to end is the cause; but when it
 * complains of the end of its input, and a stage before it fails as well, it is that one: a program closes its stdout
 * before it ends, so that its reader may end earlier.
 */
import type { ExecPlan } from '../config/plan/plan.js';
import { acceptsCode } from '../units/code-range.js';
import type { StageEnd } from './stage.js';
import { findClientError, whyNotStarted } from './unfit.js';

/** 128 + SIGPIPE: how a shell reports it (bash(1), EXIT STATUS). */
const SHELL_SIGPIPE = 141;
/** The message of programs that ignore SIGPIPE, when write(2) fails with EPIPE, errno 32. */
const BROKEN_PIPE = /broken pipe|EPIPE|errno[ :=]*32\b/i;

/** How decoders complain of an input that ends too early, or has not even begun. */
const EARLY_END = new RegExp(
  [
    String.raw`\bEOF\b|end of (?:file|input|archive|stream)|premature|ends unexpectedly|unfinished stream`,
    String.raw`truncated (?:\w+ )?(?:input|archive|file|stream)`,
    'too short|incomplete input|not recognized|does not look like|no valid OpenPGP data|decrypt_message failed',
    'error reading input|bad decrypt|bad magic number',
  ].join('|'),
  'i',
);

export interface JudgedStage {
  readonly exec: ExecPlan;
  readonly end: StageEnd;
  readonly well: boolean;
}

/** What of an exec says how it may end. */
export type Verdict = Pick<
  ExecPlan,
  'accepted' | 'signals' | 'nice' | 'ionice' | 'root' | 'inside'
>;

/**
 * Judges a stage by the exit codes and signals that its exec accepts. A death by any other signal is a failure. What palhm
 * has stopped has never ended well: many programs end with 0 at SIGTERM.
 */
export function judgeStage(exec: ExecPlan, end: StageEnd): JudgedStage {
  return { exec, end, well: hasEndedWell(exec, end) };
}

export function hasEndedWell(
  exec: Verdict,
  end: Pick<StageEnd, 'exitCode' | 'signal' | 'stopped' | 'stderr'>,
): boolean {
  if (end.stopped !== undefined) return false;
  if (end.signal !== null) return exec.signals.includes(end.signal);
  if (end.exitCode === null || !acceptsCode(exec.accepted, end.exitCode)) return false;
  // An exec that accepts 1, as tar does, must not take that of a setpriv that could not start it for its own.
  if (end.exitCode === 0) return true;
  return whyNotStarted(exec, end) === undefined && findClientError(exec, end) === undefined;
}

/** The stage that is the cause. Undefined when none failed except those that palhm itself stopped. */
export function findCulprit<S extends JudgedStage>(stages: readonly S[]): S | undefined {
  const failed = stages.filter(({ well, end }) => !well && end.stopped !== 'asked');
  const causes = failed.filter((stage) => !(hasBrokenOnPipe(stage.end) && stage !== failed.at(-1)));
  const [first] = causes.toSorted((a, b) => a.end.endedAt - b.end.endedAt);
  return first && findUpstreamCause(causes, first);
}

/** `causes`: in the order of the pipeline. */
function findUpstreamCause<S extends JudgedStage>(causes: readonly S[], stage: S): S {
  const before = causes[causes.indexOf(stage) - 1];
  const { stopped, stderr } = stage.end;
  const isConsequence = stopped === undefined && EARLY_END.test(stderr);
  return isConsequence && before !== undefined ? findUpstreamCause(causes, before) : stage;
}

/** True when a stage ended as a writer does whose reader has closed the pipe. */
export function hasBrokenOnPipe({ signal, exitCode, stderr }: StageEnd): boolean {
  return signal === 'SIGPIPE' || exitCode === SHELL_SIGPIPE || BROKEN_PIPE.test(stderr);
}
