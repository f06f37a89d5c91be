/** `palhm status`: says whether every backup is fresh and whole. */
import { type Command, Option } from 'commander';
import { status as lookAtBackups } from '../../run/operations.js';
import { parseWait, TASK } from '../arguments.js';
import { asJson } from '../as-json.js';
import { type Define, look, openPlan, type Session, sessionOf } from '../session.js';

interface Options {
  /** Milliseconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

export const defineStatus: Define = (program, cli) => {
  program
    .command('status')
    .description('say of every backup whether its newest copy is fresh and whole')
    .argument('[task]', `${TASK}; every backup when left out`)
    .addOption(
      new Option('--timeout <duration>', 'how long a store may take to answer')
        .argParser(parseWait)
        .default(60_000, '1m'),
    )
    .option('--json', 'as JSON')
    .action((task: string | undefined, options: Options, command: Command) =>
      status(sessionOf(cli, command), options, task),
    );
};

async function status(
  session: Session,
  { timeout: timeoutMs, json = false }: Options,
  task: string | undefined,
): Promise<void> {
  const plan = await openPlan(session);
  const { renderStatus } = await import('../../report/copies/status.js');
  const { found } = await look(session, plan, (operation) =>
    lookAtBackups(operation, { task, timeoutMs }),
  );
  if (found === undefined) return;
  const text = json
    ? await asJson(
        () => import('../../wire/status.js'),
        ({ encodeStatus }) => encodeStatus(found),
      )
    : renderStatus(found, Date.now());
  session.console.stdout.write(text);
}
