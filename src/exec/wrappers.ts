/**
 * What is put before the arguments of a program so that it starts as its exec says, where Node cannot do that itself.
 * Each of these small programs replaces itself (execve), so the process id, the exit code and the signal are the
 * program's own.
 */
import type { ExecPlan, IoPriority } from '../config/plan/plan.js';
import type { Account } from '../host/account.js';
import { locateProgram } from '../host/programs.js';

export type Wrapper = (argv: readonly string[]) => readonly string[];

/** The first wrapper becomes the outermost: it takes effect first. */
export function wrap(argv: readonly string[], wrappers: readonly Wrapper[]): readonly string[] {
  return wrappers.reduceRight((inner, wrapper) => wrapper(inner), argv);
}

/**
 * Those of a stage, in their order. Priorities come before the change of user, which may take the right to raise them.
 * The death signal comes with that change, and is set by setpriv after it: changing credentials clears it (prctl(2),
 * PR_SET_PDEATHSIG). Signals are blocked last, since a mask is inherited by all that follow.
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

/** SIGTERM when palhm dies, even by SIGKILL; as another user with all groups of that one. */
function dieWithParent(account: Account | undefined): Wrapper {
  const user =
    account === undefined ? [] : ['--reuid', account.uid, '--regid', account.gid, '--init-groups'];
  return (argv) => [locateProgram('setpriv'), '--pdeathsig', 'TERM', ...user, ...argv];
}

function blockSignals(signals: readonly NodeJS.Signals[]): Wrapper {
  return (argv) => [locateProgram('env'), `--block-signal=${signals.join(',')}`, ...argv];
}
