/** The command line. The modules of a command are loaded when it is called, so that `palhm help` starts fast. */
import { Command, Option } from 'commander';
import { readVersion } from '../run/operations.js';
import { escapeLines } from '../units/escape.js';
import { defineClient } from './commands/client.js';
import { defineConfig } from './commands/config.js';
import { defineDrill } from './commands/drill.js';
import { defineHelp } from './commands/help.js';
import { defineList } from './commands/list.js';
import { defineMods } from './commands/mods.js';
import { defineRestore } from './commands/restore.js';
import { defineRotate } from './commands/rotate.js';
import { defineRun } from './commands/run.js';
import { defineShow } from './commands/show.js';
import { defineStatus } from './commands/status.js';
import { defineThaw } from './commands/thaw.js';
import { defineVerify } from './commands/verify.js';
import type { Cli } from './session.js';

/** In the order of the help. */
const COMMANDS = [
  defineRun,
  defineConfig,
  defineList,
  defineShow,
  defineRotate,
  defineMods,
  defineRestore,
  defineVerify,
  defineStatus,
  defineDrill,
  defineClient,
  defineThaw,
  defineHelp,
];

export function buildProgram(cli: Cli): Command {
  const { stdout, stderr } = cli.console;
  const program = new Command('palhm')
    .description('Periodic Automatic Live Host Maintenance: make for backups')
    .version(readVersion(), '-V, --version')
    .option(
      '-f, --file <file>',
      'read this config, - for standard input (default: /etc/palhm/palhm.jsonc, then /etc/palhm/palhm.conf)',
    )
    .addOption(new Option('-q, --quiet', 'show errors alone').conflicts('verbose'))
    .option('-v, --verbose', 'show more; twice for yet more', (_, level: number) => level + 1, 0)
    .addOption(
      new Option('--log-format <format>', 'how events are written')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(
      new Option('--progress <when>', 'live display')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .helpCommand(false)
    .showHelpAfterError('Run "palhm help" for usage.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(escapeLines(text).join('\n')),
    })
    .exitOverride();
  for (const define of COMMANDS) define(program, cli);
  return program;
}
