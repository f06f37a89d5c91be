/** `palhm show`: one copy. */
import type { Command } from 'commander';
import { show as showCopy } from '../../run/operations.js';
import { TASK } from '../arguments.js';
import { asJson } from '../as-json.js';
import { type Define, look, openPlan, type Session, sessionOf } from '../session.js';

interface Options {
  readonly json?: boolean;
}

export const defineShow: Define = (program, cli) => {
  program
    .command('show')
    .description("show one copy's objects and manifest")
    .argument('<task>', TASK)
    .argument('[copy]', 'its prefix, or "latest"', 'latest')
    .option('--json', 'as JSON')
    .action((...[task, copy, { json = false }, command]: [string, string, Options, Command]) =>
      show(sessionOf(cli, command), { task, copy }, json),
    );
};

async function show(
  session: Session,
  request: { readonly task: string; readonly copy: string },
  json: boolean,
): Promise<void> {
  const plan = await openPlan(session);
  const { renderCopy } = await import('../../report/copies/copy.js');
  const { found } = await look(session, plan, (operation) => showCopy(operation, request));
  if (found === undefined) return;
  const text = json
    ? await asJson(
        () => import('../../wire/copy.js'),
        ({ encodeCopy }) => encodeCopy(found),
      )
    : renderCopy(found);
  session.console.stdout.write(text);
}
