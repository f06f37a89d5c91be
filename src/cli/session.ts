/** What commands have in common: the config, a view on stderr, signals, and the code that palhm ends with. */
import type { Command } from 'commander';
import {
  type ConfigSource,
  describeHost,
  exitCodeOf,
  loadPlan,
  type Operation,
  openConfig,
  openOperation,
  type Plan,
  type PlanCache,
  type Report,
  type StageStdout,
  type StampedEvent,
} from '../run/operations.js';
import { type Console, identityOf } from './console.js';
import { findGarbledVariables } from './foreign-bytes.js';
import { openProgramStdout } from './program-stdout.js';
import type { BoundedView } from './show/bounded.js';
import { watchStanding } from './show/standing.js';
import { systemClock } from './show/view.js';

/** One call of palhm. */
export interface Cli {
  readonly console: Console;
  readonly plans: PlanCache;
  /** The code that palhm ends with: that of the last operation, 0 before. */
  readonly end: { exitCode: number };
}

/** The options that every command takes. */
export interface GlobalOptions {
  readonly file?: string;
  readonly quiet?: boolean;
  readonly verbose: number;
  readonly logFormat: 'text' | 'json';
  readonly progress: 'auto' | 'always' | 'never';
}

/** One call of palhm whose command line has been read. */
export interface Session extends Cli {
  readonly options: GlobalOptions;
}

/** Adds a command to the program, or to the command that it is below. */
export type Define = (program: Command, cli: Cli) => void;

/** For the action of a command: commander passes it its arguments, its options and the command itself. */
export function sessionOf(cli: Cli, command: Command): Session {
  return { ...cli, options: command.optsWithGlobals<GlobalOptions>() };
}

const INFO = 3;

/** The Plan of the config that the command line names, with the verbosity that it asks for. */
export async function openPlan(session: Session): Promise<Plan> {
  const plan = await loadPlan(await openSource(session), session.plans);
  return withVerbosity(plan, session.options);
}

/** The config that the command line names. A pipe is read here: a second call would find it empty. */
export function openSource({ console, options }: Session): Promise<ConfigSource> {
  return openConfig(options.file, console.stdin);
}

export function withVerbosity(plan: Plan, { quiet, verbose }: GlobalOptions): Plan {
  if (quiet === true) return { ...plan, verbosity: 0 };
  if (verbose === 0) return plan;
  return { ...plan, verbosity: Math.max(plan.verbosity, INFO) + verbose };
}

/** Carries out an operation and shows its events. A signal stops it in good order. */
export async function operate<R extends Report>(
  session: Session,
  plan: Plan,
  work: (operation: Operation) => Promise<R>,
): Promise<R> {
  const view = await openView(session, plan);
  const programs = await openProgramStdout(session.console);
  try {
    // The gate stays open: a signal that comes after the roll back must not change how palhm ends.
    let hasEnded = false;
    const standing = watchStanding(systemClock);
    const gate = session.console.openSignals({
      onStop(signal) {
        if (!hasEnded) operation.emit({ type: 'stopping', reason: `${signal} received` });
      },
      onAsked() {
        if (!hasEnded) operation.emit(standing.tell());
      },
    });
    const surroundings = surroundingsOf(session, plan, {
      handle(event) {
        standing.note(event);
        view.handle(event);
      },
      whenReady: () => view.whenReady(),
    });
    // As in the original PALHM: programs write to palhm's own stdout, or to nothing.
    const stdout: StageStdout = (level) => (plan.verbosity >= level ? programs.fd : 'ignore');
    const operation = openOperation({ ...surroundings, stdout, signal: gate.signal, mask: gate });
    warnOfConfig(operation);
    for (const warning of findGarbledVariables(session.console.environment))
      operation.emit({ type: 'warning', ...warning });
    const report = await work(operation);
    hasEnded = true;
    return endWith(session, report);
  } finally {
    await programs.close();
    view.close();
  }
}

/**
 * The same for an operation that changes nothing. A signal ends palhm as it ends any program, even while palhm waits for a
 * store that does not answer.
 */
export async function look<R extends Report>(
  session: Session,
  plan: Plan,
  work: (operation: Operation) => Promise<R>,
): Promise<R> {
  const view = await openView(session, plan);
  try {
    const { signal } = new AbortController();
    const operation = openOperation({ ...surroundingsOf(session, plan, view), signal });
    warnOfConfig(operation);
    return endWith(session, await work(operation));
  } finally {
    view.close();
  }
}

function warnOfConfig({ plan, emit }: Operation): void {
  for (const message of plan.warnings) emit({ type: 'warning', message, details: [] });
}

function endWith<R extends Report>({ end }: Session, report: R): R {
  end.exitCode = exitCodeOf(report);
  return report;
}

function surroundingsOf(
  { console, plans }: Session,
  plan: Plan,
  view: Pick<BoundedView, 'handle' | 'whenReady'>,
) {
  const { environment } = console;
  return {
    plan,
    plans,
    host: describeHost(environment),
    outlet: (event: StampedEvent) => view.handle(event),
    whenLogReady: () => view.whenReady(),
  } as const;
}

async function openView({ console, options }: Session, { verbosity }: Plan): Promise<BoundedView> {
  const { progress, logFormat } = options;
  const { chooseView } = await import('./show/choose-view.js');
  return chooseView({
    progress,
    logFormat,
    verbosity,
    output: console.stderr,
    clock: systemClock,
    patienceMs: console.logPatience?.runningMs,
    environment: console.environment,
    file: identityOf(console.stderr),
  });
}
