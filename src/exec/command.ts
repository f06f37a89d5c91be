/** Turns an exec of the Plan into what the kernel gets: arguments, environment, working directory. */
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import { type Account, findAccount, mayEnter } from '../host/account.js';
import { markOfRun } from '../host/run-processes.js';
import type { LogTraits } from './read-output.js';
import { type Environment, resolveValue, type ValueSources } from './values.js';
import { stageWrappers, wrap } from './wrappers.js';

export interface Command {
  /** The name of the program without its directory, for people. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string | undefined;
}

/** Where values come from, and what else the stages of an operation get. */
export interface CommandContext extends ValueSources {
  /** Distinguishes the processes of this run from all others; see sink.ts, NewCopy. */
  readonly runId: string;
  /** Signals that are blocked when a stage starts. */
  readonly blockedSignals: readonly NodeJS.Signals[];
  /** Additional variables for the stages of this operation. */
  readonly environment?: Environment;
  readonly log?: LogTraits | undefined;
}

/** The name of an exec for people: its program without the directory. */
export function stageName(exec: ExecPlan): string {
  const program = exec.argv[0];
  return program?.type === 'literal' ? program.text.slice(program.text.lastIndexOf('/') + 1) : '?';
}

/** For `catch`: a Failure is thrown with the place of the exec, any other error unchanged. */
export function addPlace({ place }: ExecPlan): (error: unknown) => never {
  return (error) => {
    throw error instanceof Failure ? error.at(place) : error;
  };
}

export async function buildCommand(exec: ExecPlan, context: CommandContext): Promise<Command> {
  const account =
    exec.user === undefined ? undefined : await findAccount(exec.user, context.signal);
  const argv = await Promise.all(exec.argv.map((value) => resolveValue(value, context)));
  const own = await Promise.all(
    [...exec.env].map(async ([name, value]) => [name, await resolveValue(value, context)] as const),
  );
  return {
    name: stageName(exec),
    argv: wrap(argv, stageWrappers(exec, account, context.blockedSignals)),
    env: {
      ...context.inherited,
      ...accountEnvironment(account),
      ...factsEnvironment(context),
      ...Object.fromEntries(own),
      // Last, so that no config can change it: the processes of a run that died are found by it.
      ...markOfRun(context.runId, context.inherited),
    },
    cwd: exec.cwd ?? (account && (await directoryFor(account))),
  };
}

/** palhm's own working directory, unless the user may not enter it: many programs fail then, or complain. */
async function directoryFor(account: Account): Promise<string | undefined> {
  return (await mayEnter(account, process.cwd())) ? undefined : '/';
}

function accountEnvironment(account: Account | undefined): Record<string, string> {
  return account === undefined
    ? {}
    : { HOME: account.home, USER: account.name, LOGNAME: account.name };
}

function factsEnvironment({ facts, environment }: CommandContext): Environment {
  return {
    PALHM_TASK: facts.task,
    PALHM_HOST: facts.host,
    PALHM_PREFIX: facts.get('prefix'),
    PALHM_OBJECT: facts.get('object'),
    ...environment,
  };
}
