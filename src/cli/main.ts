/** The program: reads the command line, runs a command, and returns an exit code for every way in which it can end. */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { CommanderError } from 'commander';
import { FAILURES } from '../failure/codes.js';
import { EXIT } from '../failure/exit-codes.js';
import { Failure } from '../failure/failure.js';
import { createPlanCache } from '../run/operations.js';
import { parseDuration } from '../units/duration.js';
import { type Console, identityOf, type LogPatience, processConsole, say } from './console.js';
import { findForeignBytes } from './foreign-bytes.js';
import { buildProgram } from './program.js';
import type { GlobalOptions } from './session.js';
import { findTerminal, STOPPING } from './signals.js';

/** Runs palhm as this process. */
export async function main(argv: readonly string[], logPatience?: LogPatience): Promise<void> {
  const console = processConsole(logPatience);
  leaveDeadTerminals();
  // See findTerminal. Where there is one, SIGHUP ends palhm or, once a run has begun, rolls the run back.
  if (!findTerminal()) process.on('SIGHUP', () => {});
  process.stdout.once('error', tellUnprinted).on('error', () => {});
  leaveDeletedDirectory();
  const foreign = findForeignBytes();
  if (foreign !== undefined) {
    say(console.stderr, `palhm: ${foreign}`);
    process.exitCode = EXIT.usage;
    return;
  }
  process.exitCode = await runCommand(argv.slice(2), console);
  endWithoutLogReader(console);
  if (hasBeenStopped(process.exitCode)) endOnceWritten(console);
}

function hasBeenStopped(code: number): boolean {
  return code === EXIT.interrupted || code === EXIT.terminated;
}

/** Not only when nothing is under way any more: a library may still be pausing before it asks a store again. */
function endOnceWritten({ stdout, stderr }: Console): void {
  stdout.write('', () => stderr.write('', () => process.exit()));
}

/** Runs the command that the arguments name. Returns the exit code. */
export async function runCommand(args: readonly string[], console: Console): Promise<number> {
  const cli = { console, plans: createPlanCache(), end: { exitCode: EXIT.done } };
  const program = buildProgram(cli);
  try {
    await program.parseAsync(args.map(spellOutWait), { from: 'user' });
    return cli.end.exitCode;
  } catch (error) {
    return await reportFailure(error, console, program.opts<GlobalOptions>());
  }
}

/** Without an existing working directory, Node refuses every relative path, and stages print complaints at their start. */
function leaveDeletedDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
    console.error('palhm: the working directory does not exist any more; using / instead');
  }
}

/** `--wait` without a value must not take the task after it as its duration. An optional value of commander would. */
function spellOutWait(argument: string, index: number, argv: readonly string[]): string {
  const isAlone = argument === '--wait' && !parseDuration(argv[index + 1] ?? '').ok;
  return isAlone ? '--wait=forever' : argument;
}

/**
 * Node aborts at its end when a terminal that it has begun with is gone, whatever palhm ended with. What leads elsewhere by then
 * it passes over.
 */
function leaveDeadTerminals(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.once('exit', () => {
    for (const fd of terminals.filter((one) => !isatty(one))) {
      closeSync(fd);
      // The lowest descriptor that is free is this one.
      openSync('/dev/null', 'r+');
    }
  });
}

/**
 * A result that could not be printed is never a success, but what else palhm ends with is worse, and stays. Nothing is cut short:
 * `config check --connect` may be trying a store. A reader that has seen enough is no failure: `palhm list | head`.
 */
function tellUnprinted(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  console.error(`palhm: cannot write to stdout: ${error.message}`);
  process.once('exit', (code) => {
    if (code === EXIT.done) process.exitCode = EXIT.failed;
  });
}

/** How long the reader of the log has to take what is queued for it when palhm ends, and after a signal. */
const LAST_WORDS_MS = 5000;
const LAST_WORDS_AFTER_SIGNAL_MS = 1000;

/**
 * Writes that are under way keep the process alive, so a log that nobody reads would keep palhm from ending. Whoever reads
 * stdout is waited for, as by any program. A signal ends palhm at once, now that it has nothing to roll back.
 */
function endWithoutLogReader({ stdout, stderr, logPatience }: Console): void {
  const { endingMs = LAST_WORDS_MS } = logPatience ?? {};
  const isStopped = hasBeenStopped(Number(process.exitCode));
  const patienceMs = isStopped ? Math.min(endingMs, LAST_WORDS_AFTER_SIGNAL_MS) : endingMs;
  setTimeout(() => {
    if ((stderr.writableLength ?? 0) > 0) stdout.write('', () => process.exit());
  }, patienceMs).unref();
  // Where no signal was caught so far, each still ends palhm as it ends any program.
  for (const signal of STOPPING) {
    const isIgnored = signal === 'SIGHUP' && !findTerminal();
    if (!isIgnored && process.listenerCount(signal) > 0) process.on(signal, () => process.exit());
  }
}

/** Shows a failure that no operation has reported. Returns its exit code; that of a defect is 1, as of a failed task. */
async function reportFailure(
  error: unknown,
  { stderr, environment }: Console,
  { logFormat }: GlobalOptions,
): Promise<number> {
  // Commander has already printed its message, or the help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const { showAnyFailure } = await import('./show/any-failure.js');
  const { leadsToJournal } = await import('./show/journal.js');
  const priorities = leadsToJournal(environment['JOURNAL_STREAM'], identityOf(stderr));
  showAnyFailure(error, { output: stderr, logFormat, priorities });
  return error instanceof Failure ? FAILURES[error.code].exit : EXIT.failed;
}
