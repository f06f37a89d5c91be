/** `palhm run`: runs a task, or prints what would be run. */
import type { Command } from 'commander';
import { Failure } from '../../failure/failure.js';
import {
  loadSinkFacts,
  type Plan,
  planRun,
  type RunRequest,
  run as runTask,
} from '../../run/operations.js';
import { parseWait, TASK, WAIT } from '../arguments.js';
import { asJson } from '../as-json.js';
import { type Define, openPlan, operate, type Session, sessionOf } from '../session.js';

interface Options {
  readonly dryRun?: boolean;
  readonly only?: readonly string[];
  readonly acceptSize?: readonly string[];
  readonly plan?: boolean;
  readonly json?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
}

export const defineRun: Define = (program, cli) => {
  program
    .command('run')
    .description('run a task')
    .argument('[task]', TASK, 'default')
    .option('--dry-run', 'run the pipelines of a backup and throw their output away')
    .option('--only <path...>', 'with --dry-run: only these objects')
    .option(
      '--accept-size <path...>',
      'this once, let these objects differ in size from those of the newest copy as they like',
    )
    .option('--plan', 'print what would be run, and stop')
    .option('--json', 'with --plan: as JSON')
    .option('--wait <duration>', WAIT, parseWait)
    .action((task: string, options: Options, command: Command) =>
      run(sessionOf(cli, command), options, task),
    );
};

async function run(session: Session, options: Options, task: string): Promise<void> {
  const { dryRun = false, only = [], acceptSize = [], wait = 0 } = options;
  if (only.length > 0 && !dryRun) throw onlyFailure();
  if (options.json === true && options.plan !== true) throw jsonFailure();
  const plan = await openPlan(session);
  const request: RunRequest = {
    task: task === '' ? 'default' : task,
    waitMs: wait,
    acceptedSizes: acceptSize,
    rehearsal: dryRun ? { only } : undefined,
  };
  if (options.plan === true) await printPlan(session, plan, { request, json: options.json });
  else await operate(session, plan, (operation) => runTask(operation, request));
}

function onlyFailure(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--only works with --dry-run alone: a copy is whole or it is none',
    hint: 'add --dry-run',
  });
}

function jsonFailure(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--json works with --plan alone: a run has no data to print',
    hint: 'for its events as JSON: palhm --log-format json run',
  });
}

/** The renderers are loaded only here: a nightly run does not need them. */
async function printPlan(
  { console }: Session,
  whole: Plan,
  { request, json = false }: { readonly request: RunRequest; readonly json?: boolean | undefined },
): Promise<void> {
  const plan = await planRun(whole, request, console.environment);
  const { task } = request;
  const describeSink = await loadSinkFacts();
  const text = json
    ? await asJson(
        () => import('../../wire/plan.js'),
        ({ encodePlan }) => encodePlan(plan, task, describeSink),
      )
    : (await import('../../report/plan/plan.js')).renderPlan(plan, task);
  console.stdout.write(text);
}
