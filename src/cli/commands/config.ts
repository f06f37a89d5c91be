/** `palhm config`: look at the config. Runs no stage and writes nothing. */
import { readFileSync } from 'node:fs';
import { findConfigFile } from '../../config/load.js';
import { showConfig } from '../../config/origins.js';
import type { GlobalOptions } from '../global-options.js';
import { type GraphFormat, renderGraph } from '../render/graph.js';
import { renderAllTasks } from '../render/plan-text.js';
import { checkHost, openPlan } from '../session.js';
import { count } from '../show/text.js';

/** Everything that can be wrong is found: in the files, and on this host for every task. */
export async function check(options: GlobalOptions): Promise<void> {
  const plan = await openPlan(options);
  const tasks = [...plan.tasks.keys()];
  await checkHost(plan, tasks, { drills: true });
  if (options.quiet === true) return;
  process.stdout.write(renderAllTasks(plan));
  console.error(`config ok: ${count(plan.files.length, 'file')}, ${count(tasks.length, 'task')}`);
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
