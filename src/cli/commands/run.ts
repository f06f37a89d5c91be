/** `palhm run`: run a task, or print what would be run. */
import { Failure } from '../../failure/failure.js';
import {
  loadSinkFacts,
  type Plan,
  planRun,
  type RunRequest,
  run as runTask,
} from '../../run/operations.js';
import { act, type Define } from '../action.js';
import { parseWait, TASK, WAIT } from '../arguments.js';
import { asJson } from '../as-json.js';
import { openPlan, operate, type Session } from '../session.js';

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
    .action(act<Options, [string]>(cli, run));
};

async function run(session: Session, options: Options, task: string): Promise<void> {
  const { dryRun = false, only = [], acceptSize = [], wait = 0 } = options;
  if (only.length > 0 && !dryRun) throw refuseOnly();
  if (options.json === true && options.plan !== true) throw refuseJson();
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

function refuseOnly(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--only works with --dry-run alone: a copy is whole or it is none',
    hint: 'add --dry-run',
  });
}

function refuseJson(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--json works with --plan alone: a run has no data to print',
    hint: 'for its events as JSON: palhm --log-format json run',
  });
}

/** What is rendered is loaded only here: a run that starts every night need not read it. */
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
    : (await import('../../report/plan/plan-text.js')).renderPlan(plan, task);
  console.stdout.write(text);
}
