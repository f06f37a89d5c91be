/** `palhm list`: the copies of a task. */
import type { Command } from 'commander';
import { list as listCopies } from '../../run/operations.js';
import { ONLY_TASK } from '../arguments.js';
import { asJson } from '../as-json.js';
import { type Define, look, openPlan, type Session, sessionOf } from '../session.js';

interface Options {
  readonly json?: boolean;
}

export const defineList: Define = (program, cli) => {
  program
    .command('list')
    .description('list the copies of a task, oldest first')
    .argument('[task]', ONLY_TASK)
    .option('--json', 'as JSON')
    .action((task: string | undefined, options: Options, command: Command) =>
      list(sessionOf(cli, command), options, task),
    );
};

async function list(
  session: Session,
  { json = false }: Options,
  task: string | undefined,
): Promise<void> {
  const { stdout, stderr } = session.console;
  const plan = await openPlan(session);
  const { renderCopies, renderStrangers } = await import('../../report/copies/copies.js');
  const { found } = await look(session, plan, (operation) => listCopies(operation, { task }));
  if (found === undefined) return;
  const { task: id, root, listing, now } = found;
  const text = json
    ? await asJson(
        () => import('../../wire/copies.js'),
        ({ encodeCopies }) => encodeCopies(id, listing.copies),
      )
    : renderCopies({ task: id, root }, listing, now);
  stdout.write(text);
  if (plan.verbosity > 0)
    for (const line of renderStrangers(found.listing.strangers)) stderr.write(`${line}\n`);
}
