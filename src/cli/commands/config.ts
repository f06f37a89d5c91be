/** `palhm config`: look at the config. Runs no stage, and writes nothing but what `check --connect` removes again. */
import { readFileSync } from 'node:fs';
import { findConfigFile } from '../../config/load.js';
import { showConfig } from '../../config/origins.js';
import type { Plan } from '../../config/plan/plan.js';
import { Failure } from '../../failure/failure.js';
import { type FindingsOfTask, placeOf, renderFindings } from '../../report/findings-text.js';
import { type GraphFormat, renderGraph } from '../../report/plan/graph.js';
import { renderAllTasks } from '../../report/plan/plan-text.js';
import { count } from '../../report/text.js';
import { probeSinks, refuseMissing } from '../../run/probe-sinks.js';
import { encodeFindings } from '../../wire/findings.js';
import { writeJson } from '../../wire/json-text.js';
import type { GlobalOptions } from '../global-options.js';
import { checkHost, openPlan, operate } from '../session.js';

export interface CheckOptions {
  /** Also tries what a backup needs of the sinks. */
  readonly connect?: boolean;
  readonly json?: boolean;
}

/** Everything that can be wrong is found: in the files, on this host for every task, and in the sinks when asked. */
export async function check(options: GlobalOptions, command: CheckOptions): Promise<void> {
  if (command.json === true && command.connect !== true) throw refuseJson();
  const plan = await openPlan(options);
  const tasks = [...plan.tasks.keys()];
  await checkHost(plan, tasks, { drills: true });
  const isQuiet = options.quiet === true;
  if (!isQuiet && command.json !== true) process.stdout.write(renderAllTasks(plan));
  if (command.connect === true) await checkSinks(options, plan, command);
  if (isQuiet) return;
  console.error(`config ok: ${count(plan.files.length, 'file')}, ${count(tasks.length, 'task')}`);
}

async function checkSinks(
  options: GlobalOptions,
  plan: Plan,
  { json = false }: CheckOptions,
): Promise<void> {
  await operate(options, plan, async (operation) => {
    const probed = await probeSinks(operation);
    if (json) process.stdout.write(writeJson(encodeFindings(probed.map(nameProbed))));
    else if (options.quiet !== true) process.stdout.write(renderFindings(probed));
    refuseMissing(probed);
  });
}

function nameProbed({ backup, findings }: FindingsOfTask) {
  return { task: backup.id, sink: placeOf(backup.sink), findings };
}

function refuseJson(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--json works with --connect alone',
    hint: 'for the config as JSON: palhm config show',
  });
}

export async function show(options: GlobalOptions): Promise<void> {
  process.stdout.write(await showConfig(findConfigFile(options.file)));
}

export async function schema(): Promise<void> {
  process.stdout.write(
    readFileSync(new URL('../../../../schema/palhm.schema.json', import.meta.url)),
  );
}

export async function graph(options: GlobalOptions, format: GraphFormat): Promise<void> {
  process.stdout.write(renderGraph(await openPlan(options), format));
}
