/** From an exec of the Plan to what is handed to the kernel: arguments, environment, working directory. */
import type { ExecPlan, IoPriority } from '../config/plan/plan.js';
import { type Account, findAccount } from '../host/account.js';
import { locateProgram } from '../host/programs.js';
import { type Redactor, type RunFacts, resolveValue } from './values.js';

export interface Command {
  /** The program's own name, without its directory, for people. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

export interface CommandContext {
  readonly facts: RunFacts;
  /** Tells the processes of this run from all others; see sink.ts, RunIdentity. */
  readonly runId: string;
  readonly redactor: Redactor;
  /** Signals that the stage starts with blocked. */
  readonly blockedSignals: readonly NodeJS.Signals[];
  /** Further variables for the stages of this operation. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The name by which people know an exec: its program without the directory. */
export function stageName(exec: ExecPlan): string {
  const program = exec.argv[0];
  return program?.type === 'literal' ? program.text.slice(program.text.lastIndexOf('/') + 1) : '?';
}

export async function buildCommand(exec: ExecPlan, context: CommandContext): Promise<Command> {
  const resolve = (value: ExecPlan['argv'][number]): Promise<string> =>
    resolveValue(value, context.facts, context.redactor);
  const account = exec.user === undefined ? undefined : await findAccount(exec.user);
  const argv = await Promise.all(exec.argv.map(resolve));
  const own = await Promise.all(
    [...exec.env].map(async ([name, value]) => [name, await resolve(value)] as const),
  );
  return {
    name: stageName(exec),
    argv: wrap(argv, { exec, account, blockedSignals: context.blockedSignals }),
    env: {
      ...inheritedEnvironment(),
      ...accountEnvironment(account),
      ...factsEnvironment(context),
      ...Object.fromEntries(own),
      // Not for a config to change: what is left of a run that died is found by it.
      PALHM_RUN: context.runId,
    },
    cwd: exec.cwd,
  };
}

export interface Wrapping {
  readonly exec: ExecPlan;
  readonly account: Account | undefined;
  readonly blockedSignals: readonly NodeJS.Signals[];
}

/**
 * The program behind the small ones that set what Node cannot. Each replaces itself (execve), so the process id, the exit
 * code and the signal are the program's own. Priorities come before the change of user, which may take the right to raise
 * them; the death signal comes after it, since changing credentials clears it (prctl(2), PR_SET_PDEATHSIG).
 */
export function wrap(
  argv: readonly string[],
  { exec, account, blockedSignals }: Wrapping,
): string[] {
  return [
    ...(exec.nice === undefined ? [] : [locateProgram('nice'), '-n', String(exec.nice)]),
    ...(exec.ionice === undefined ? [] : ionice(exec.ionice)),
    locateProgram('setpriv'),
    '--pdeathsig',
    'TERM',
    ...(account === undefined
      ? []
      : ['--reuid', account.uid, '--regid', account.gid, '--init-groups']),
    ...(blockedSignals.length === 0
      ? []
      : [locateProgram('env'), `--block-signal=${blockedSignals.join(',')}`]),
    ...argv,
  ];
}

const IO_CLASSES = { realtime: '1', 'best-effort': '2', idle: '3' } as const satisfies Record<
  IoPriority['class'],
  string
>;

function ionice(priority: IoPriority): string[] {
  const level = priority.level === undefined ? [] : ['-n', String(priority.level)];
  return [locateProgram('ionice'), '-c', IO_CLASSES[priority.class], ...level];
}

function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

function accountEnvironment(account: Account | undefined): Record<string, string> {
  return account === undefined
    ? {}
    : { HOME: account.home, USER: account.name, LOGNAME: account.name };
}

function factsEnvironment({ facts, environment }: CommandContext): Record<string, string> {
  return {
    PALHM_TASK: facts.task,
    PALHM_HOST: facts.host,
    ...(facts.prefix === undefined ? {} : { PALHM_PREFIX: facts.prefix }),
    ...(facts.object === undefined ? {} : { PALHM_OBJECT: facts.object }),
    ...environment,
  };
}
