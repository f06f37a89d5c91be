/** The program: reads the command line, runs a command, and turns however it ended into an exit code. */
import { fstatSync } from 'node:fs';
import { CommanderError } from 'commander';
import { EXIT } from '../failure/exit-codes.js';
import { parseDuration } from '../units/duration.js';
import type { GlobalOptions } from './global-options.js';
import { buildProgram } from './program.js';
import { exitCodeOf, Shown } from './shown.js';

export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithoutReader);
  // A log that nobody can read any more, or whose disk is full, is no reason to lose the backup.
  process.stderr.on('error', () => {});
  leaveDeletedDirectory();
  const program = buildProgram();
  try {
    await program.parseAsync(argv.map(spellOutWait));
  } catch (error) {
    process.exitCode = await report(error, program.opts<GlobalOptions>());
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

async function report(error: unknown, { logFormat }: GlobalOptions): Promise<number> {
  if (error instanceof Shown) return error.exitCode;
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const { showAnyFailure } = await import('./show/any-failure.js');
  const { leadsToJournal } = await import('./show/journal.js');
  const file = fstatSync(process.stderr.fd, { bigint: true });
  const priorities = leadsToJournal(process.env['JOURNAL_STREAM'], file);
  showAnyFailure(error, { output: process.stderr, logFormat, priorities });
  return exitCodeOf(error);
}
