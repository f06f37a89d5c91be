/** `palhm mods`: what is built in. */
import { listBackends } from '../../run/operations.js';
import { asJson } from '../as-json.js';
import { act, type Define } from '../define.js';
import type { Session } from '../session.js';

interface Options {
  readonly json?: boolean;
}

export const defineMods: Define = (program, cli) => {
  program
    .command('mods')
    .description('list what is built in')
    .option('--json', 'as JSON')
    .action(act<Options, []>(cli, mods));
};

async function mods({ console }: Session, { json = false }: Options): Promise<void> {
  const { renderModules } = await import('../../report/modules.js');
  const modules = { backends: await listBackends(), snapshotProviders: [], notifiers: [] };
  const text = json
    ? await asJson(
        () => import('../../wire/modules.js'),
        ({ encodeModules }) => encodeModules(modules),
      )
    : renderModules(modules);
  console.stdout.write(text);
}
