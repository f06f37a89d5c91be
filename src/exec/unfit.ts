/** When a program that palhm has put in front of a stage, or behind it, fails: that is the host's fault, not the stage's. */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../failure/failure.js';
import { locateProgram, packageOf } from '../host/programs.js';

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
