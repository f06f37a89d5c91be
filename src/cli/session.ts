/** What commands have in common: the config, a view on stderr, signals, and the code that palhm ends with. */
import {
  type ConfigSource,
  describeHost,
  exitCodeOf,
  findConfigFile,
  loadPlan,
  type Operation,
  openOperation,
  type Plan,
  type PlanCache,
  type Report,
  type StampedEvent,
} from '../run/operations.js';
import { type Console, identityOf } from './console.js';
import type { GlobalOptions } from './global-options.js';
import type { View } from './show/view.js';

/** One call of palhm. */
export interface Session {
  readonly plans: PlanCache;
  readonly console: Console;
  readonly options: GlobalOptions;
  readonly end: End;
}

export interface End {
  /** The code that palhm ends with: that of the last operation, 0 before. */
  exitCode: number;
}

const INFO = 3;

/** The Plan of the config that the command line names, with the verbosity it asks for. */
export async function openPlan({ options, plans }: Session): Promise<Plan> {
  return withVerbosity(await loadPlan(sourceOf(options), plans), options);
}

/** The config that the command line names. */
export function sourceOf({ file }: GlobalOptions): ConfigSource {
  return { type: 'file', path: findConfigFile(file) };
}

export function withVerbosity(plan: Plan, { quiet, verbose }: GlobalOptions): Plan {
  if (quiet === true) return { ...plan, verbosity: 0 };
  if (verbose === 0) return plan;
  return { ...plan, verbosity: Math.max(plan.verbosity, INFO) + verbose };
}

/** Carries out an operation with its events shown. A signal stops it in good order. */
export async function operate<R extends Report>(
  session: Session,
  plan: Plan,
  work: (operation: Operation) => Promise<R>,
): Promise<R> {
  return await withView(session, plan, async (view) => {
    // The gate stays open: a signal that comes after the roll back must not change how palhm ends.
    const gate = session.console.openSignals((signal) =>
      operation.emit({ type: 'stopping', reason: `${signal} received` }),
    );
    const operation = openOperation({
      ...surroundingsOf(session, plan, view),
      signal: gate.signal,
      mask: gate,
    });
    return await work(operation);
  });
}

/** Carries out what changes nothing. A signal ends it as it ends any program, also while a dead store is waited for. */
export async function look<R extends Report>(
  session: Session,
  plan: Plan,
  work: (operation: Operation) => Promise<R>,
): Promise<R> {
  return await withView(session, plan, async (view) => {
    const { signal } = new AbortController();
    return await work(openOperation({ ...surroundingsOf(session, plan, view), signal }));
  });
}

function surroundingsOf({ console, plans }: Session, plan: Plan, view: View) {
  const { stdout, environment } = console;
  return {
    plan,
    plans,
    host: describeHost(environment),
    outlet: (event: StampedEvent) => view.handle(event),
    // As in the original: to palhm's own stdout, or nowhere.
    stdout: (level: number) => (plan.verbosity >= level ? stdout.fd : 'ignore'),
  } as const;
}

async function withView<R extends Report>(
  session: Session,
  plan: Plan,
  work: (view: View) => Promise<R>,
): Promise<R> {
  const { console, options } = session;
  const { chooseView } = await import('./show/choose-view.js');
  const { systemClock } = await import('./show/view.js');
  const view = chooseView({
    progress: options.progress,
    logFormat: options.logFormat,
    verbosity: plan.verbosity,
    output: console.stderr,
    clock: systemClock,
    environment: console.environment,
    file: identityOf(console.stderr),
  });
  try {
    const report = await work(view);
    session.end.exitCode = exitCodeOf(report);
    return report;
  } finally {
    view.close();
  }
}
