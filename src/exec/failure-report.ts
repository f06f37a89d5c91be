/** The failure of a pipeline: which stage failed, how it ended, how the others ended, its last lines. */
import type { ExecPlan } from '../config/plan/plan.js';
import { renderCommand } from '../config/plan/render-value.js';
import { Failure } from '../failure/failure.js';
import { HINT_TOO_LONG } from '../host/limits.js';
import { formatDuration } from '../units/duration.js';
import { hasBrokenOnPipe, type JudgedStage } from './blame.js';
import { stageName } from './command.js';
import type { Redactor } from './redactor.js';
import type { StageEnd } from './stage.js';
import { findClientError, findUnfitProgram, whyNotStarted } from './unfit.js';

const SHOWN_LINES = 20;

/** Failure STAGE_FAILED or STAGE_TIMEOUT, which names the culprit; STAGE_NOT_STARTED, HOST_UNFIT when it has not begun. */
export function pipelineFailure(
  stages: readonly JudgedStage[],
  culprit: JudgedStage,
  redactor: Redactor,
): Failure {
  const { exec, end } = culprit;
  const unfit = findUnfitProgram(end.stderr);
  if (unfit !== undefined) return unfit;
  const name = stageName(exec);
  const who =
    stages.length === 1
      ? name
      : `stage ${stages.indexOf(culprit) + 1} of ${stages.length}, ${name},`;
  const why = whyNotStarted(exec, end);
  if (why !== undefined) return startFailure(exec, who, why);
  return new Failure({
    code: end.stopped === 'timeout' ? 'STAGE_TIMEOUT' : 'STAGE_FAILED',
    message: `${who} ${describeEnd(end)} after ${describeTime(end)}`,
    details: [
      `command: ${renderCommand(exec.argv)}`,
      ...describeClient(exec, end),
      ...describeOthers(stages, culprit),
      ...lastLines(redactor.redact(end.stderr), 'stderr'),
    ],
    hint: adviseOn(exec, end),
    place: exec.place,
  });
}

/** Its own exit code is 1, which the program may have as well. */
function describeClient(exec: ExecPlan, end: StageEnd): readonly string[] {
  if (findClientError(exec, end) === undefined) return [];
  return [
    `unless ${stageName(exec)} itself has written its last line, the client that ran it in the ${exec.inside} has lost it`,
  ];
}

function startFailure(exec: ExecPlan, name: string, why: string): Failure {
  return new Failure({
    code: 'STAGE_NOT_STARTED',
    message: `${name} could not be started: ${why}`,
    details: [`command: ${renderCommand(exec.argv)}`],
    hint: exec.inside === undefined ? adviseOnStart(why) : adviseOnInside(exec),
    place: exec.place,
  });
}

function adviseOnStart(why: string): string {
  if (why.endsWith('Argument list too long')) return HINT_TOO_LONG;
  return why.endsWith('No such file or directory')
    ? 'there is no such program, or no such interpreter as its first line names: #!/bin/sh with CR LF at its end is none'
    : 'see whether the program may be executed, and what "user", "nice" and "ionice" of the exec need: mostly palhm running as root';
}

function adviseOnInside({ inside, user }: ExecPlan): string {
  const needs =
    user === undefined ? '' : ', and whether it has the user, and setpriv of util-linux';
  return `see whether the ${inside} has the program and the directory in "cwd"${needs}`;
}

/** Follows the name of a stage: `exited with status 2`. */
export function describeEnd({ exitCode, signal, stopped }: StageEnd): string {
  const isAlive = exitCode === null && signal === null;
  if (isAlive) return 'could not be stopped, not even by SIGKILL';
  if (stopped === 'timeout') return 'ran longer than its timeout and was stopped';
  return signal === null ? `exited with status ${exitCode}` : `was killed by ${signal}`;
}

export function describeTime({ startedAt, endedAt }: StageEnd): string {
  return formatDuration({ ms: endedAt - startedAt });
}

/** One line for each way in which other stages ended. */
function describeOthers(stages: readonly JudgedStage[], culprit: JudgedStage): string[] {
  const byEnd = new Map<string, string[]>();
  for (const [index, stage] of stages.entries()) {
    if (stage === culprit) continue;
    const names = byEnd.get(describeNeighbour(stage)) ?? [];
    byEnd.set(describeNeighbour(stage), [...names, `${index + 1} (${stageName(stage.exec)})`]);
  }
  return [...byEnd].map(
    ([how, names]) => `${names.length === 1 ? 'stage' : 'stages'} ${names.join(' and ')} ${how}`,
  );
}

function describeNeighbour({ well, end }: JudgedStage): string {
  if (end.stopped === 'asked') return 'stopped by palhm';
  if (well) return 'ended normally';
  return hasBrokenOnPipe(end) ? 'broke on the pipe, as a consequence' : describeEnd(end);
}

export function lastLines(text: string, stream: 'stdout' | 'stderr'): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const words = lines.filter((line) => line !== '').slice(-SHOWN_LINES);
  if (words.length === 0) return [`it wrote nothing to ${stream}`];
  return [`last lines of ${stream}:`, ...words.map((line) => `| ${line}`)];
}

/** What only a stage with keys of its own can follow: an inverse has neither of these keys. */
export const HINT_READER_ENDED =
  'see why its reader ended early; when that is meant, accept it with "signals": ["PIPE"]';

/** Not "ec": what a dump that failed has written would be kept as a good copy. */
function adviseByHand({ user, cwd }: ExecPlan): string {
  const where = cwd === undefined ? '' : ` in ${cwd}`;
  return `look at its last lines, then run it by hand as ${user ?? 'the user of palhm'}${where}`;
}

function adviseOn(exec: ExecPlan, end: StageEnd): string {
  if (end.stopped === 'timeout') {
    return `find out why it hangs, or raise its "timeout" of ${formatDuration(exec.timeout ?? { ms: 0 })}`;
  }
  if (hasBrokenOnPipe(end)) return HINT_READER_ENDED;
  if (end.signal === 'SIGKILL') return "look for the kernel's out-of-memory killer: journalctl -k";
  return adviseByHand(exec);
}
