/** Turns an exec of the Plan into what the kernel gets: arguments, environment, working directory. */
import type { ExecPlan } from '../config/plan/plan.js';
import type { Inside } from '../config/plan/snapshots/sources.js';
import { Failure } from '../failure/failure.js';
import { type Account, findAccount, mayEnter } from '../host/account.js';
import { markOfRun } from '../host/run-processes.js';
import { prepareInside } from './inside.js';
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
  if (exec.inside !== undefined) return await buildInside(exec, exec.inside, context);
  const account =
    exec.user === undefined ? undefined : await findAccount(exec.user, context.signal);
  const { argv, env } = await resolveAll(exec, context);
  return {
    name: stageName(exec),
    argv: wrap(argv, stageWrappers(exec, account, context.blockedSignals)),
    env: {
      ...context.inherited,
      ...accountEnvironment(account),
      ...factsEnvironment(context),
      ...env,
      // Last, so that no config can change it: the processes of a run that died are found by it.
      ...markOfRun(context.runId, context.inherited),
    },
    cwd: exec.cwd ?? (account && (await directoryFor(account))),
  };
}

async function resolveAll({ argv, env }: ExecPlan, context: CommandContext) {
  const own = await Promise.all(
    [...env].map(async ([name, value]) => [name, await resolveValue(value, context)] as const),
  );
  return {
    argv: await Promise.all(argv.map((value) => resolveValue(value, context))),
    env: Object.fromEntries(own),
  };
}

/** The local program that starts it has the mark of the run, and what it inherits. Nothing of that is handed on. */
async function buildInside(
  exec: ExecPlan,
  inside: Inside,
  context: CommandContext,
): Promise<Command> {
  const entrance = context.facts.entrances[inside];
  if (entrance === undefined) throw new Error(`there is no ${inside} for ${stageName(exec)}`);
  const { argv, env } = await resolveAll(exec, context);
  const facts = factsEnvironment(context);
  const local = entrance.command(prepareInside(exec, argv), { ...withoutAbsent(facts), ...env });
  const client = { ...exec, nice: undefined, ionice: undefined };
  return {
    name: stageName(exec),
    argv: wrap(local.argv, stageWrappers(client, undefined, context.blockedSignals)),
    env: {
      ...context.inherited,
      ...facts,
      ...local.env,
      ...markOfRun(context.runId, context.inherited),
    },
    cwd: undefined,
  };
}

function withoutAbsent(environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
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
