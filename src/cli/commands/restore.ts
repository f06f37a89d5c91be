/** `palhm restore`: bring objects of a copy back. */
import { createInterface } from 'node:readline/promises';
import type { Plan } from '../../config/plan/plan.js';
import { placeOfCopy } from '../../config/plan/sinks/sinks.js';
import { loadShippedPlan } from '../../config/shipped.js';
import type { Emit } from '../../events/events.js';
import { Failure } from '../../failure/failure.js';
import { renderRestoreLines } from '../../report/copies/restore-lines.js';
import { escapeControls } from '../../report/text.js';
import { linesOf } from '../../run/restore/lines.js';
import type { Consent, CopySource, Question, RestoreWay } from '../../run/restore/request.js';
import { restore as runRestore } from '../../run/restore/restore.js';
import { openSource } from '../../run/restore/source.js';
import type { GlobalOptions } from '../global-options.js';
import { look, openPlan, operate } from '../session.js';
import { chooseWay, type RestoreOptions } from './restore-options.js';

export async function restore(
  options: GlobalOptions,
  task: string | undefined,
  command: RestoreOptions,
): Promise<void> {
  const way = chooseWay(task, command);
  const source = sourceOf(task, command);
  const used = await openPlanFor(options, source);
  if (way.type === 'print') return await print(options, used, { source, command });
  await operate(quietFor(way, options), used.plan, async (operation) => {
    warnOfConfig(used.problem, operation.emit);
    await runRestore(operation, {
      source,
      objects: command.object ?? [],
      way: withTerminal(way, command),
      consent: consentOf(command, operation.signals.signal),
    });
  });
}

function sourceOf(task: string | undefined, command: RestoreOptions): CopySource {
  const { from, copy = 'latest', endpoint, region, profile, publicKey } = command;
  return from === undefined
    ? { type: 'task', task, copy }
    : { type: 'place', place: placeOfCopy(from, { endpoint, region, profile }), publicKey };
}

/** Whoever names a copy needs no config. One that is there and can be read says which commands are known. */
async function openPlanFor(options: GlobalOptions, source: CopySource): Promise<UsedPlan> {
  try {
    return { plan: await openPlan(options), problem: undefined };
  } catch (error) {
    const isNeeded = source.type === 'task' || options.file !== undefined;
    if (isNeeded || !(error instanceof Failure)) throw error;
    const problem = error.code === 'CONFIG_NOT_FOUND' ? undefined : error;
    return { plan: await openShipped(options), problem };
  }
}

interface UsedPlan {
  readonly plan: Plan;
  /** Why the config that is there is not used. */
  readonly problem: Failure | undefined;
}

function warnOfConfig(problem: Failure | undefined, emit: Emit): void {
  if (problem === undefined) return;
  const message = 'the config has errors, and is not used: see "palhm config check"';
  emit({ type: 'warning', message, details: [problem.message] });
}

async function openShipped(options: GlobalOptions): Promise<Plan> {
  const plan = await loadShippedPlan();
  if (options.quiet === true) return { ...plan, verbosity: 0 };
  return { ...plan, verbosity: plan.verbosity + options.verbose };
}

async function print(
  options: GlobalOptions,
  { plan, problem }: UsedPlan,
  { source, command }: { readonly source: CopySource; readonly command: RestoreOptions },
): Promise<void> {
  await look(options, plan, async (emit) => {
    warnOfConfig(problem, emit);
    const copy = await openSource({ plan, emit, clock: Date.now }, source);
    const { object: objects = [], raw = false, apply = false } = command;
    try {
      const lines = linesOf(copy, { objects, raw, apply });
      const { location } = copy.stored;
      const forTerminal = process.stdout.isTTY;
      process.stdout.write(renderRestoreLines({ location, lines, forTerminal }));
    } finally {
      await copy.stored.close();
    }
  });
}

/** What is drawn in place would wipe out what the object prints on the same terminal. */
function quietFor(way: RestoreWay, options: GlobalOptions): GlobalOptions {
  const isShared = way.type === 'stdout' && process.stdout.isTTY && process.stderr.isTTY;
  return isShared && options.progress === 'auto' ? { ...options, progress: 'never' } : options;
}

function withTerminal(way: RestoreWay, { force = false }: RestoreOptions): RestoreWay {
  return way.type === 'stdout' ? { ...way, textOnly: process.stdout.isTTY && !force } : way;
}

function consentOf({ yes = false }: RestoreOptions, signal: AbortSignal): Consent {
  if (yes) return { type: 'given' };
  if (!process.stdin.isTTY || !process.stderr.isTTY) return { type: 'absent' };
  return { type: 'ask', ask: (question) => ask(question, signal) };
}

/** On stderr: stdout may be the object. The terminal stays as it is, so that Ctrl-C is a signal like any other. */
async function ask({ lines, text }: Question, signal: AbortSignal): Promise<boolean> {
  for (const line of lines) process.stderr.write(`${escapeControls(line)}\n`);
  const terminal = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: false,
  });
  try {
    const answer = await Promise.race([
      terminal.question(`${text} [y/N] `, { signal }),
      new Promise<string>((resolve) => terminal.once('close', () => resolve(''))),
    ]);
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    terminal.close();
  }
}
