/** What commands have in common: the config, a view on stderr, signals, and how a failure ends them. */
import { fstatSync } from 'node:fs';
import { findConfigFile, loadPlan } from '../config/load.js';
import type { Plan } from '../config/plan/plan.js';
import { ConfigErrors } from '../config/read/diagnostics.js';
import type { Emit } from '../events/events.js';
import { findMissingExecutables } from '../exec/needs.js';
import { Failure } from '../failure/failure.js';
import type { Operation } from '../run/operation.js';
import { openSignalGate } from '../run/signals.js';
import type { GlobalOptions } from './global-options.js';
import { chooseView } from './show/choose-view.js';
import { systemClock, type View } from './show/view.js';
import { Shown } from './shown.js';

const INFO = 3;

/** The Plan of the config that the command line names, with the verbosity it asks for. */
export async function openPlan(options: GlobalOptions): Promise<Plan> {
  const plan = await loadPlan(findConfigFile(options.file));
  if (options.quiet === true) return { ...plan, verbosity: 0 };
  if (options.verbose === 0) return plan;
  return { ...plan, verbosity: Math.max(plan.verbosity, INFO) + options.verbose };
}

/** Fails with everything that this host lacks to run these tasks, and their drills when asked to. */
export async function checkHost(
  plan: Plan,
  taskIds: readonly string[],
  { drills = false }: { readonly drills?: boolean } = {},
): Promise<void> {
  const problems = await findMissingExecutables(plan, taskIds, {
    inherited: process.env,
    drills,
  });
  if (problems.length > 0) throw new ConfigErrors(problems);
}

/** Carries out an operation with its events shown. A signal stops it in good order. */
export async function operate(
  options: GlobalOptions,
  plan: Plan,
  work: (operation: Operation) => Promise<void>,
): Promise<void> {
  const view = openView(options, plan);
  const emit: Emit = (event) => view.handle(event);
  const signals = openSignalGate((signal) =>
    emit({ type: 'stopping', reason: `${signal} received` }),
  );
  // The gate stays open: a signal that comes after the roll back must not change how palhm ends.
  await showEnd(view, () => work({ plan, emit, signals, clock: Date.now }));
}

/** Carries out what changes nothing. A signal ends it as it ends any program, also while a dead store is waited for. */
export async function look(
  options: GlobalOptions,
  plan: Plan,
  work: (emit: Emit) => Promise<void>,
): Promise<void> {
  const view = openView(options, plan);
  await showEnd(view, () => work((event) => view.handle(event)));
}

/** A failure is shown as the last event. */
async function showEnd(view: View, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    view.handle({ type: 'failed', failure: error });
    throw new Shown(error);
  } finally {
    view.close();
  }
}

function openView(options: GlobalOptions, plan: Plan): View {
  return chooseView({
    progress: options.progress,
    logFormat: options.logFormat,
    verbosity: plan.verbosity,
    output: process.stderr,
    clock: systemClock,
    environment: process.env,
    file: fstatSync(process.stderr.fd, { bigint: true }),
  });
}
