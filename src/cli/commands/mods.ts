/** `palhm mods`: what is built in. */
import type { Command } from 'commander';
import { listBackends, listSnapshotKinds } from '../../run/operations.js';
import { asJson } from '../as-json.js';
import { type Define, type Session, sessionOf } from '../session.js';

interface Options {
  readonly json?: boolean;
}

export const defineMods: Define = (program, cli) => {
  program
    .command('mods')
    .description('list what is built in')
    .option('--json', 'as JSON')
    .action((options: Options, command: Command) => mods(sessionOf(cli, command), options));
};

async function mods({ console }: Session, { json = false }: Options): Promise<void> {
  const { renderModules } = await import('../../report/modules.js');
  const modules = {
    backends: await listBackends(),
    snapshotProviders: listSnapshotKinds(),
    notifiers: [],
  };
  const text = json
    ? await asJson(
        () => import('../../wire/modules.js'),
        ({ encodeModules }) => encodeModules(modules),
      )
    : renderModules(modules);
  console.stdout.write(text);
}
