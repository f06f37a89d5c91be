/** A program that a local one, the client, runs elsewhere. */
import type { ExecPlan } from '../config/plan/plan.js';

/**
 * What is put in front of it there. A client starts it in another directory, without a word, when that of `cwd` is missing, and knows
 * users only by their numbers: so a shell does both. Each of these replaces itself with the next one.
 */
export function prepareInside(
  { cwd, user, nice, ionice }: ExecPlan,
  argv: readonly string[],
): readonly string[] {
  const level = ionice?.level === undefined ? [] : ['-n', String(ionice.level)];
  return [
    ...(nice === undefined ? [] : ['nice', '-n', String(nice)]),
    ...(ionice === undefined ? [] : ['ionice', '-c', IO_CLASSES[ionice.class], ...level]),
    ...(cwd === undefined ? [] : ['sh', '-c', ENTER_DIRECTORY, 'sh', cwd]),
    ...(user === undefined ? [] : ['sh', '-c', BECOME_USER, 'sh', user]),
    ...argv,
  ];
}

const IO_CLASSES = { realtime: '1', 'best-effort': '2', idle: '3' } as const;

const ENTER_DIRECTORY = 'cd -- "$1" || exit 126; shift; exec "$@"';

/** As the host does it: with all groups of the user. */
const BECOME_USER = [
  'u=$1; shift; g=$(id -g "$u") || exit 126; eval "HOME=~$u"; export HOME USER="$u" LOGNAME="$u"',
  'exec setpriv --reuid "$u" --regid "$g" --init-groups -- "$@"',
].join('; ');
