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
 * (prctl(2), PR_SET_PDEATHSIG). Signals are blocked after that, because every later program inherits the mask. The root is entered
 * last: behind it there are other programs, or none.
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
    ...(exec.root === undefined ? [] : [enterRoot(exec.root)]),
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

/**
 * `$1` is the new root, the rest is the command. Each line that it prints begins with the name of a program, as those of programs
 * do: see unfit.ts. A link in the place of one of the three could lead out of the root.
 */
const ENTER = [
  'cd -- "$1" || exit 125; shift;',
  'if [ . -ef / ]; then echo "chroot: $PWD is the root of this host" >&2; exit 125; fi;',
  'for name in dev proc sys; do',
  'if [ -L "$name" ] || [ ! -d "$name" ]; then',
  'echo "chroot: $PWD is not the root of a system: it has no directory $name" >&2; exit 125; fi;',
  'mount --rbind "/$name" "$name" || exit 125; done;',
  'exec chroot . "$@"',
].join(' ');

/** The mounts are in a mount namespace of the program alone: the kernel undoes them when it ends, however it ends. */
export function enterRoot(root: string): Wrapper {
  const unshare = [locateProgram('unshare'), '--mount', '--propagation', 'private'];
  return (argv) => [...unshare, locateProgram('sh'), '-c', ENTER, 'chroot', root, ...argv];
}
