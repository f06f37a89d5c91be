/** The command line. Commands are loaded when they are called, so that `palhm help` starts at once. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { readVersion } from '../run/identity.js';
import { parseDuration } from '../units/duration.js';
import type { CheckOptions } from './commands/config.js';
import type { GlobalOptions } from './global-options.js';

/** What commander hands to an action behind the arguments. */
type Parsed = [options: { json?: boolean }, command: Command];

const TASK = 'a task of the config';
const WAIT =
  'when another run holds the root wait for it, at most so long: --wait=10m; without a duration, for ever';

export function buildProgram(): Command {
  const program = new Command('palhm')
    .description('Periodic Automatic Live Host Maintenance: make for backups')
    .version(readVersion(), '-V, --version')
    .option(
      '-f, --file <file>',
      'read this config (default: /etc/palhm/palhm.jsonc, then /etc/palhm/palhm.conf)',
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
    .exitOverride();
  addRun(program);
  addConfig(program);
  addCopies(program);
  addRestore(program);
  addVerify(program);
  addStatus(program);
  addDrill(program);
  addHelp(program);
  return program;
}

function addRun(program: Command): void {
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
    .action(async (task: string, options, command: Command) => {
      const { run } = await import('./commands/run.js');
      await run(command.optsWithGlobals<GlobalOptions>(), task === '' ? 'default' : task, options);
    });
}

function addConfig(program: Command): void {
  const config = program.command('config').description('print the effective config');
  const act = (name: 'show' | 'schema') => async (_: unknown, command: Command) => {
    const commands = await import('./commands/config.js');
    await commands[name](command.optsWithGlobals<GlobalOptions>());
  };
  // Commander would call a mistyped command an argument too many.
  config.allowExcessArguments().action(async (options: unknown, command: Command) => {
    const [unknown] = command.args;
    if (unknown !== undefined) command.error(`error: unknown command 'config ${unknown}'`);
    await act('show')(options, command);
  });
  config
    .command('check')
    .description('check the config and this host against it; runs no stage, writes nothing')
    .option(
      '--connect',
      'also try what backups need of their sinks, with a small object that is removed again',
    )
    .option('--json', 'with --connect: what was found, as JSON')
    .action(async (options: CheckOptions, command: Command) => {
      const { check } = await import('./commands/config.js');
      await check(command.optsWithGlobals<GlobalOptions>(), options);
    });
  config
    .command('show')
    .description('print the merged config, with where each part comes from')
    .action(act('show'));
  config.command('schema').description('print the JSON Schema of the config').action(act('schema'));
  config
    .command('graph')
    .description('draw tasks, groups and objects')
    .addOption(
      new Option('--format <format>', 'the language of the drawing')
        .choices(['mermaid', 'dot'])
        .default('mermaid'),
    )
    .action(async (options: { format: 'mermaid' | 'dot' }, command: Command) => {
      const { graph } = await import('./commands/config.js');
      await graph(command.optsWithGlobals<GlobalOptions>(), options.format);
    });
}

function addCopies(program: Command): void {
  program
    .command('list')
    .description('list the copies of a task, oldest first')
    .argument('[task]', `${TASK}; the only backup when left out`)
    .option('--json', 'as JSON')
    .action(
      async (task: string | undefined, { json = false }: { json?: boolean }, command: Command) => {
        const { list } = await import('./commands/list.js');
        await list(command.optsWithGlobals<GlobalOptions>(), { task, json });
      },
    );
  program
    .command('show')
    .description("show one copy's objects and manifest")
    .argument('<task>', TASK)
    .argument('[copy]', 'its prefix, or "latest"', 'latest')
    .option('--json', 'as JSON')
    .action(async (task: string, copy: string, ...[options, command]: Parsed) => {
      const { show } = await import('./commands/show.js');
      const { json = false } = options;
      await show(command.optsWithGlobals<GlobalOptions>(), { task, copy, json });
    });
  program
    .command('rotate')
    .description('remove old copies now, as the config says')
    .argument('<task>', TASK)
    .option('--dry-run', 'print the plan, remove nothing')
    .option('--yes', 'confirm a plan that removes many copies at once')
    .option('--json', 'with --dry-run: as JSON')
    .option('--wait <duration>', WAIT, parseWait)
    .action(async (task: string, options, command: Command) => {
      const { rotate } = await import('./commands/rotate.js');
      await rotate(command.optsWithGlobals<GlobalOptions>(), task, options);
    });
  program
    .command('mods')
    .description('list what is built in')
    .option('--json', 'as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { mods } = await import('./commands/mods.js');
      mods({ json });
    });
}

function addRestore(program: Command): void {
  program
    .command('restore')
    .description('bring objects of a copy back')
    .argument('[task]', `${TASK}; the only backup when left out`)
    .option('--copy <prefix>', 'which copy: its prefix, or "latest" (default: "latest")')
    .option('--from <copy>', 'a copy by its path or s3://BUCKET/ROOT/PREFIX; needs no config')
    .option('--endpoint <url>', 'with --from s3://…: the store, when it is not AWS')
    .option('--region <region>', 'with --from s3://…: its region')
    .option('--profile <profile>', 'with --from s3://…: whose credentials')
    .option('--public-key <file>', 'with --from: whose signature the manifest must have')
    .option('--object <path...>', 'only these objects, or those below these directories')
    .option('--to <directory>', 'as files in this directory, decoded; all or none')
    .option('--extract', 'with --to: unpack what decodes to NAME.tar into NAME/')
    .option('--stdout', 'one object, decoded, to stdout')
    .option('--apply', 'back to where they came from, through the whole inverse pipeline')
    .option('--print', 'print the shell lines that do it without palhm; run nothing')
    .option('--raw', 'with --to, --stdout or --print: the stored bytes, not decoded')
    .option('--force', 'with --to: replace what is there; with --stdout: also on a terminal')
    .option('--yes', 'answer yes: run --apply, and commands that no config knows')
    .action(async (task: string | undefined, options, command: Command) => {
      const { restore } = await import('./commands/restore.js');
      await restore(command.optsWithGlobals<GlobalOptions>(), task, options);
    });
}

function addVerify(program: Command): void {
  program
    .command('verify')
    .description('read copies again and compare them with their manifests')
    .argument('[task]', `${TASK}; the only backup when left out`)
    .option('--copy <copy>', 'a prefix, "latest" or "all"', 'latest')
    .option('--decode', 'also undo the filters, and read what is a tar to its end')
    .option('--sample <part>', 'read only so many of the objects, chosen at random: 10%', parsePart)
    .option('--yes', 'with --decode: run what a manifest names though no config knows it')
    .option('--json', 'as JSON')
    .action(async (task: string | undefined, options, command: Command) => {
      const { verify } = await import('./commands/verify.js');
      await verify(command.optsWithGlobals<GlobalOptions>(), { ...options, task });
    });
}

function addStatus(program: Command): void {
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
    .action(async (task: string | undefined, options, command: Command) => {
      const { status } = await import('./commands/status.js');
      await status(command.optsWithGlobals<GlobalOptions>(), { ...options, task });
    });
}

function addDrill(program: Command): void {
  program
    .command('drill')
    .description('restore a copy where it harms nothing, check it, and record that')
    .argument('<task>', TASK)
    .option('--copy <copy>', 'its prefix, or "latest"', 'latest')
    .action(async (task: string, { copy }: { copy: string }, command: Command) => {
      const { drill } = await import('./commands/drill.js');
      await drill(command.optsWithGlobals<GlobalOptions>(), { task, copy });
    });
}

/** Commander's own knows no command below another, and takes a word that is none for a wish for the whole help. */
function addHelp(program: Command): void {
  program
    .command('help')
    .description('show the help of a command')
    .argument('[command...]', 'such as "run" or "config check"')
    .action((names: readonly string[]) => {
      let command = program;
      for (const name of names) {
        command =
          command.commands.find((one) => one.name() === name) ??
          program.error(`error: unknown command '${names.join(' ')}'`);
      }
      command.outputHelp();
    });
}

/** Milliseconds. */
function parseWait(text: string): number {
  if (text === 'forever') return Number.POSITIVE_INFINITY;
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`"${text}" ${parsed.problem}.`);
  return parsed.value.ms;
}

/** `10%` is 0.1. */
function parsePart(text: string): number {
  const part = /^\d+(?:\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : 0;
  if (part > 0 && part <= 1) return part;
  throw new InvalidArgumentError(`"${text}" is not a part of the objects, from 0% to 100%: 10%.`);
}
