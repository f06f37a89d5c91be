/** `palhm show`: one copy. */
import { show as showCopy } from '../../run/operations.js';
import { TASK } from '../arguments.js';
import { asJson } from '../as-json.js';
import { act, type Define } from '../define.js';
import { look, openPlan, type Session } from '../session.js';

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
    .action(act<Options, [string, string]>(cli, show));
};

async function show(
  session: Session,
  { json = false }: Options,
  ...[task, copy]: [string, string]
): Promise<void> {
  const plan = await openPlan(session);
  const { renderCopy } = await import('../../report/copies/copy.js');
  const { found } = await look(session, plan, (operation) => showCopy(operation, { task, copy }));
  if (found === undefined) return;
  const text = json
    ? await asJson(
        () => import('../../wire/copy.js'),
        ({ encodeCopy }) => encodeCopy(found.copy, found.manifest),
      )
    : renderCopy(found);
  session.console.stdout.write(text);
}
