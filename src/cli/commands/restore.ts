/** `palhm restore`: brings objects of a copy back. */

import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { Failure } from '../../failure/failure.js';
import {
  type Consent,
  type CopySource,
  type Emit,
  loadShippedPlan,
  type Plan,
  placeOfCopy,
  printRestore,
  type Question,
  type RestoreWay,
  restore as restoreCopy,
} from '../../run/operations.js';
import { escapeControls } from '../../units/escape.js';
import { type Console, isClosed, say } from '../console.js';
import {
  type Define,
  look,
  openPlan,
  operate,
  type Session,
  sessionOf,
  withVerbosity,
} from '../session.js';
import {
  type ChosenWay,
  chooseRecovery,
  chooseWay,
  defineOptions,
  type RestoreOptions,
} from './restore-options.js';

export const defineRestore: Define = (program, cli) => {
  defineOptions(program.command('restore').description('bring objects of a copy back')).action(
    (task: string | undefined, options: RestoreOptions, command: Command) =>
      restore(sessionOf(cli, command), options, task),
  );
};

async function restore(
  session: Session,
  options: RestoreOptions,
  task: string | undefined,
): Promise<void> {
  const way = chooseWay(task, options);
  const source = sourceOf(task, options);
  const used = await openPlanFor(session, source);
  if (way.type === 'print') return await print(session, used, { source, options });
  const { console } = session;
  const request = {
    source,
    objects: options.object ?? [],
    way: withStdout(way, options, console),
    recovery: chooseRecovery(way, options),
  };
  await operate(quietFor(way, session), used.plan, async (operation) => {
    warnOfConfig(used.problem, operation.emit);
    const consent = consentOf(options, console, operation.signal);
    return await restoreCopy(operation, { ...request, consent });
  });
}

function sourceOf(task: string | undefined, options: RestoreOptions): CopySource {
  const { from, copy = 'latest', endpoint, region, profile, publicKey } = options;
  return from === undefined
    ? { type: 'task', task, copy }
    : { type: 'place', place: placeOfCopy(from, { endpoint, region, profile }), publicKey };
}

/**
 * When the command line names a copy by its place, no config is needed. A valid config is used nevertheless: it says which
 * commands are known.
 */
async function openPlanFor(session: Session, source: CopySource): Promise<UsedPlan> {
  try {
    return { plan: await openPlan(session), problem: undefined };
  } catch (error) {
    const isNeeded = source.type === 'task' || session.options.file !== undefined;
    if (isNeeded || !(error instanceof Failure)) throw error;
    const problem = error.code === 'CONFIG_NOT_FOUND' ? undefined : error;
    return { plan: withVerbosity(await loadShippedPlan(session.plans), session.options), problem };
  }
}

interface UsedPlan {
  readonly plan: Plan;
  /** Why an existing config is not used. */
  readonly problem: Failure | undefined;
}

function warnOfConfig(problem: Failure | undefined, emit: Emit): void {
  if (problem === undefined) return;
  const message = 'the config has errors, and is not used: see "palhm config check"';
  emit({ type: 'warning', message, details: [problem.message] });
}

async function print(
  session: Session,
  { plan, problem }: UsedPlan,
  { source, options }: { readonly source: CopySource; readonly options: RestoreOptions },
): Promise<void> {
  const { renderRestoreLines } = await import('../../report/copies/restore-lines.js');
  const { stdout } = session.console;
  const { found } = await look(session, plan, (operation) => {
    warnOfConfig(problem, operation.emit);
    const { object: objects = [], raw = false, apply = false } = options;
    const recovery = chooseRecovery({ type: 'print' }, options);
    return printRestore(operation, { source, objects, raw, apply, recovery });
  });
  if (found === undefined) return;
  stdout.write(renderRestoreLines({ ...found, forTerminal: stdout.isTTY === true }));
}

/** The live display would overwrite the object that is printed on the same terminal. */
function quietFor(way: RestoreWay | ChosenWay, session: Session): Session {
  const { stdout, stderr } = session.console;
  const isShared = way.type === 'stdout' && stdout.isTTY === true && stderr.isTTY === true;
  if (!isShared || session.options.progress !== 'auto') return session;
  return { ...session, options: { ...session.options, progress: 'never' } };
}

function withStdout(
  way: Exclude<ChosenWay, { type: 'print' }>,
  { force = false }: RestoreOptions,
  { stdout }: Console,
): RestoreWay {
  if (way.type !== 'stdout') return way;
  if (isClosed(stdout) && !force) throw closedFailure();
  return { ...way, fd: stdout.fd, textOnly: stdout.isTTY === true && !force };
}

function closedFailure(): Failure {
  return new Failure({
    code: 'USAGE',
    message: 'nobody gets what --stdout prints: stdout is closed, or leads to nothing',
    hint: 'send it to a file or a program; to read it all the same: palhm verify --decode, or --force',
  });
}

function consentOf(
  { yes = false }: RestoreOptions,
  console: Console,
  signal: AbortSignal,
): Consent {
  if (yes) return { type: 'given' };
  const { stdin, stderr } = console;
  // A config that was typed in has ended it.
  if (stdin.isTTY !== true || stdin.destroyed || stderr.isTTY !== true) return { type: 'absent' };
  return { type: 'ask', ask: (question) => ask(console, question, signal) };
}

/**
 * Asks on stderr, because stdout may be for the object. The terminal keeps its mode, so that Ctrl-C still sends a signal.
 * False unless the answer is yes.
 */
async function ask(
  { stdin, stderr }: Console,
  { lines, text }: Question,
  signal: AbortSignal,
): Promise<boolean> {
  for (const line of lines) say(stderr, line);
  stderr.write(`${escapeControls(text)} [y/N] `);
  const terminal = createInterface({ input: stdin, terminal: false });
  try {
    const answer = await Promise.race([
      terminal.question('', { signal }),
      new Promise<string>((resolve) => terminal.once('close', () => resolve(''))),
    ]);
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    terminal.close();
  }
}
