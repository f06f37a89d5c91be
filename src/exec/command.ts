/** From an exec of the Plan to what is handed to the kernel: arguments, environment, working directory. */
import type { ExecPlan } from '../config/plan/plan.js';
import { type Account, findAccount } from '../host/account.js';
import { type Environment, resolveValue, type ValueSources } from './values.js';
import { stageWrappers, wrap } from './wrappers.js';

export interface Command {
  /** The program's own name, without its directory, for people. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string | undefined;
}

/** Where values come from, and what else the stages of an operation are given. */
export interface CommandContext extends ValueSources {
  /** Tells the processes of this run from all others; see sink.ts, RunIdentity. */
  readonly runId: string;
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
  const account = exec.user === undefined ? undefined : await findAccount(exec.user);
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
      // Not for a config to change: what is left of a run that died is found by it.
      PALHM_RUN: context.runId,
    },
    cwd: exec.cwd,
  };
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
