/** The program: reads the command line, runs a command, and turns however it ended into an exit code. */
import { CommanderError } from 'commander';
import { FAILURES } from '../failure/codes.js';
import { EXIT } from '../failure/exit-codes.js';
import { Failure } from '../failure/failure.js';
import { createPlanCache } from '../run/operations.js';
import { parseDuration } from '../units/duration.js';
import { type Console, identityOf, processConsole } from './console.js';
import type { GlobalOptions } from './global-options.js';
import { buildProgram } from './program.js';

/** Runs palhm as this process. */
export async function main(argv: readonly string[]): Promise<void> {
  const console = processConsole();
  process.stdout.on('error', endWithoutReader);
  // A log that nobody can read any more, or whose disk is full, is no reason to lose the backup.
  process.stderr.on('error', () => {});
  leaveDeletedDirectory();
  process.exitCode = await runCommand(argv.slice(2), console);
  endWithoutLogReader();
}

/** Runs the command that the arguments name. Returns the exit code. */
export async function runCommand(args: readonly string[], console: Console): Promise<number> {
  const cli = { console, plans: createPlanCache(), end: { exitCode: EXIT.done } };
  const program = buildProgram(cli);
  try {
    await program.parseAsync(args.map(spellOutWait), { from: 'user' });
    return cli.end.exitCode;
  } catch (error) {
    return await report(error, console, program.opts<GlobalOptions>());
  }
}

/** Node refuses every relative path, and the stages start with a complaint, when the working directory is gone. */
function leaveDeletedDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
    console.error('palhm: the working directory does not exist any more; using / instead');
  }
}

/** `--wait` alone must not take the task behind it for a duration, as it would with an optional value of commander. */
function spellOutWait(argument: string, index: number, argv: readonly string[]): string {
  const isAlone = argument === '--wait' && !parseDuration(argv[index + 1] ?? '').ok;
  return isAlone ? '--wait=forever' : argument;
}

/** Whoever reads what palhm prints may stop reading: `palhm list | head`. Only commands that print and no more do so. */
function endWithoutReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  console.error(`palhm: cannot write to stdout: ${error.message}`);
  process.exit(EXIT.failed);
}

/** How long the reader of the log has to take what is queued for it when palhm ends. */
const LAST_WORDS_MS = 5000;

/**
 * Writes that are under way keep the process alive, so a log that nobody reads would keep palhm from ending. Whoever reads
 * stdout is waited for, as by any program.
 */
function endWithoutLogReader(): void {
  const { stdout, stderr } = process;
  setTimeout(() => {
    if (stderr.writableLength > 0) stdout.write('', () => process.exit());
  }, LAST_WORDS_MS).unref();
}

/** Of what no operation has told. A defect ends with 1, as a failed task does. */
async function report(
  error: unknown,
  { stderr, environment }: Console,
  { logFormat }: GlobalOptions,
): Promise<number> {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const { showAnyFailure } = await import('./show/any-failure.js');
  const { leadsToJournal } = await import('./show/journal.js');
  const priorities = leadsToJournal(environment['JOURNAL_STREAM'], identityOf(stderr));
  showAnyFailure(error, { output: stderr, logFormat, priorities });
  return error instanceof Failure ? FAILURES[error.code].exit : EXIT.failed;
}
