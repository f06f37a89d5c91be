/** `palhm config`: shows and checks the config. Runs no stage, and writes nothing except what `check --connect` removes. */
import { type Command, Option } from 'commander';
import { Failure } from '../../failure/failure.js';
import type { GraphFormat } from '../../report/plan/graph.js';
import {
  confirmHost,
  findDoubts,
  type Plan,
  probe,
  readSchema,
  showConfig,
} from '../../run/operations.js';
import { count } from '../../units/count.js';
import { asJson } from '../as-json.js';
import { say } from '../console.js';
import { type Define, openPlan, openSource, operate, type Session, sessionOf } from '../session.js';

interface CheckOptions {
  /** Whether it also tries what backups need of their sinks. */
  readonly connect?: boolean;
  readonly json?: boolean;
}

interface GraphOptions {
  readonly format: GraphFormat;
}

export const defineConfig: Define = (program, cli) => {
  const config = program
    .command('config')
    .description('check, print or draw the config; alone: print it merged');
  // Without this, commander would report a mistyped command as "too many arguments".
  config.allowExcessArguments().action((_options: unknown, command: Command) => {
    const [unknown] = command.args;
    if (unknown !== undefined) command.error(`error: unknown command 'config ${unknown}'`);
    return show(sessionOf(cli, command));
  });
  config
    .command('check')
    .description('check the config and this host against it; runs no stage, writes nothing')
    .option(
      '--connect',
      'also try what backups need of their sinks, with a small object that is removed again',
    )
    .option('--json', 'with --connect: what was found, as JSON')
    .action((options: CheckOptions, command: Command) => check(sessionOf(cli, command), options));
  config
    .command('show')
    .description('print the merged config, with where each part comes from')
    .action((_options: unknown, command: Command) => show(sessionOf(cli, command)));
  config
    .command('schema')
    .description('print the JSON Schema of the config')
    .action((_options: unknown, command: Command) => schema(sessionOf(cli, command)));
  config
    .command('graph')
    .description('draw tasks, groups and objects')
    .addOption(
      new Option('--format <format>', 'the language of the drawing')
        .choices(['mermaid', 'dot'])
        .default('mermaid'),
    )
    .action((options: GraphOptions, command: Command) => graph(sessionOf(cli, command), options));
};

/** Finds all problems: in the files, on this host for every task, and with `--connect` in the sinks. */
async function check(session: Session, { connect = false, json = false }: CheckOptions) {
  if (json && !connect) throw jsonFailure();
  const { console, options } = session;
  const plan = await openPlan(session);
  const tasks = [...plan.tasks.keys()];
  await confirmHost(plan, tasks, { inherited: console.environment, drills: true });
  const isQuiet = options.quiet === true;
  if (!isQuiet && !json) {
    const { renderAllTasks } = await import('../../report/plan/plan.js');
    console.stdout.write(renderAllTasks(plan));
  }
  if (!isQuiet)
    for (const doubt of await findDoubts(plan, console.environment))
      say(console.stderr, `warning: ${doubt}`);
  if (connect) await checkSinks(session, plan, json);
  else for (const warning of plan.warnings) say(console.stderr, `warning: ${warning}`);
  if (isQuiet || session.end.exitCode !== 0) return;
  const files = count(plan.files.length, 'file');
  console.stderr.write(`config ok: ${files}, ${count(tasks.length, 'task')}\n`);
}

async function checkSinks(session: Session, plan: Plan, json: boolean): Promise<void> {
  const { placeOf, renderFindings } = await import('../../report/findings.js');
  const { found } = await operate(session, plan, probe);
  if (found === undefined || (session.options.quiet === true && !json)) return;
  const named = found.map(({ backup, findings }) => ({
    task: backup.id,
    sink: placeOf(backup.sink),
    findings,
  }));
  const text = json
    ? await asJson(
        () => import('../../wire/findings.js'),
        ({ encodeFindings }) => encodeFindings(named),
      )
    : renderFindings(found);
  session.console.stdout.write(text);
}

function jsonFailure(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--json works with --connect alone',
    hint: 'for the config as JSON: palhm config show',
  });
}

async function show(session: Session): Promise<void> {
  session.console.stdout.write(await showConfig(await openSource(session)));
}

async function schema({ console }: Session): Promise<void> {
  console.stdout.write(await readSchema());
}

async function graph(session: Session, { format }: GraphOptions): Promise<void> {
  const { renderGraph } = await import('../../report/plan/graph.js');
  session.console.stdout.write(renderGraph(await openPlan(session), format));
}
