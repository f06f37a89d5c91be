/**
 * When a program fails that palhm has put in front of a stage, or behind it (wrappers.ts, inside.ts, tee.ts): that is not the fault of the stage,
 * and its exit code is not one that the exec accepts.
 */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import { locateProgram, packageOf } from '../host/programs.js';
import type { StageEnd } from './stage.js';

/** Options that palhm uses and that others than util-linux and coreutils, such as busybox, do not know. */
const UNKNOWN_OPTION =
  /^(?:\/.*\/)?(setpriv|env|tee): .*\b(?:pdeathsig|reuid|regid|init-groups|block-signal|output-error)\b.*$/m;

/** Failure HOST_UNFIT when the setpriv of this host is known not to do: every stage is started by it. */
export function requireSetpriv(): void {
  const path = locateProgram('setpriv');
  if (!basename(realpathSync(path)).startsWith('busybox')) return;
  throw unfit('setpriv', `${path} is that of busybox`);
}

/** The Failure for what a wrapper has written to stderr; undefined for anything else. */
export function findUnfitProgram(stderr: string): Failure | undefined {
  const [line, program] = UNKNOWN_OPTION.exec(stderr) ?? [];
  return line === undefined || program === undefined ? undefined : unfit(program, line);
}

function unfit(program: string, why: string): Failure {
  const name = packageOf(program) ?? program;
  return new Failure({
    code: 'HOST_UNFIT',
    message: `the program ${program} of this host cannot start stages as palhm needs it: ${why}`,
    hint: `install ${name} (Alpine: apk add ${name})`,
  });
}

type Words = Pick<StageEnd, 'exitCode' | 'stderr'>;

/** What a wrapper of this exec says, as its only line, when it could not start the program. */
export function whyNotStarted(
  exec: Pick<ExecPlan, 'inside' | 'nice' | 'ionice' | 'root'>,
  end: Words,
): string | undefined {
  if (exec.inside !== undefined) return whyNotStartedInside(end);
  const { exitCode, stderr } = end;
  const [line, wrapper = ''] = /^(?:\/\S*\/)?(\w+): .+$/.exec(stderr.trim()) ?? [];
  const codes = codesOf(exec).get(wrapper) ?? [];
  return exitCode !== null && codes.includes(exitCode) ? line : undefined;
}

/** The exit codes with which the wrappers end when they cannot start what comes after them (from their manuals). */
function codesOf({
  nice,
  ionice,
  root,
}: Pick<ExecPlan, 'nice' | 'ionice' | 'root'>): ReadonlyMap<string, readonly number[]> {
  return new Map([
    ['setpriv', [1, 126, 127]],
    ['nice', nice === undefined ? [] : [125, 126, 127]],
    ['ionice', ionice === undefined ? [] : [1]],
    ['unshare', root === undefined ? [] : [1, 127]],
    ['mount', root === undefined ? [] : [125]],
    ['chroot', root === undefined ? [] : [125, 126, 127]],
  ]);
}

/** The exit codes of shells and clients for a program that is not there, or may not be executed. */
const NOT_STARTED = new Set([126, 127]);

/** The last line that it, or its client, has written. */
function whyNotStartedInside({ exitCode, stderr }: Words): string | undefined {
  if (exitCode === null || !NOT_STARTED.has(exitCode)) return undefined;
  // The client says so as well of a shell that ended with this, whose reason comes before.
  const reason = stderr.replace(/(?<=\n)Error: Command not \w+\s*$/, '');
  return lastLineOf(reason) || `it ended with ${exitCode}`;
}

/**
 * The line in which a client says what went wrong: the instance was stopped, its daemon was lost. It ends with 1 then. A
 * program that ends with 1 after such a line looks the same: so nothing but the exit code that an exec accepts may depend on it.
 */
export function findClientError(
  { inside }: Pick<ExecPlan, 'inside'>,
  { exitCode, stderr }: Words,
): string | undefined {
  const line = lastLineOf(stderr);
  return inside !== undefined && exitCode === 1 && line.startsWith('Error: ') ? line : undefined;
}

function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
