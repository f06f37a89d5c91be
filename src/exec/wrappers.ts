/**
 * Small programs that are put in front of a command to start it as its exec says, where Node itself cannot. Each of them
 * replaces itself with the next one (execve). So the process id, the exit code and the signal are those of the command.
 */
import type { ExecPlan, IoPriority } from '../config/plan/plan.js';
import type { Account } from '../host/account.js';
import { locateProgram } from '../host/programs.js';

export type Wrapper = (argv: readonly string[]) => readonly string[];

/** The first wrapper becomes the outermost one: it takes effect first. */
export function wrap(argv: readonly string[], wrappers: readonly Wrapper[]): readonly string[] {
  return wrappers.reduceRight((inner, wrapper) => wrapper(inner), argv);
}

/**
 * The wrappers of a stage, in order. Priorities are set before the change of user, which may remove the right to raise
 * them. setpriv changes the user and sets the death signal after that, because a change of credentials clears it
 * (prctl(2), PR_SET_PDEATHSIG). Signals are blocked last, because every later program inherits the mask.
 */
export function stageWrappers(
  exec: ExecPlan,
  account: Account | undefined,
  blockedSignals: readonly NodeJS.Signals[],
): readonly Wrapper[] {
  return [
    ...(exec.nice === undefined ? [] : [setNice(exec.nice)]),
    ...(exec.ionice === undefined ? [] : [setIoPriority(exec.ionice)]),
    dieWithParent(account),
    ...(blockedSignals.length === 0 ? [] : [blockSignals(blockedSignals)]),
  ];
}

function setNice(level: number): Wrapper {
  return (argv) => [locateProgram('nice'), '-n', String(level), ...argv];
}

const IO_CLASSES = { realtime: '1', 'best-effort': '2', idle: '3' } as const satisfies Record<
  IoPriority['class'],
  string
>;

function setIoPriority(priority: IoPriority): Wrapper {
  const level = priority.level === undefined ? [] : ['-n', String(priority.level)];
  return (argv) => [locateProgram('ionice'), '-c', IO_CLASSES[priority.class], ...level, ...argv];
}

/** The program gets SIGTERM when palhm dies, even by SIGKILL. With an account it runs as that user, in all its groups. */
function dieWithParent(account: Account | undefined): Wrapper {
  const user =
    account === undefined ? [] : ['--reuid', account.uid, '--regid', account.gid, '--init-groups'];
  return (argv) => [locateProgram('setpriv'), '--pdeathsig', 'TERM', ...user, ...argv];
}

function blockSignals(signals: readonly NodeJS.Signals[]): Wrapper {
  return (argv) => [locateProgram('env'), `--block-signal=${signals.join(',')}`, ...argv];
}
