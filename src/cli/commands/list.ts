/** `palhm list`: the copies of a task. */

import { findBackup } from '../../config/plan/tasks.js';
import { renderCopies, renderStrangers } from '../../report/copies/copies-text.js';
import { openSink } from '../../run/open-sink.js';
import { encodeCopies } from '../../wire/copies.js';
import { writeJson } from '../../wire/json-text.js';
import type { GlobalOptions } from '../global-options.js';
import { look, openPlan } from '../session.js';

export interface ListCommandOptions {
  readonly task: string | undefined;
  readonly json: boolean;
}

export async function list(
  options: GlobalOptions,
  { task, json }: ListCommandOptions,
): Promise<void> {
  const plan = await openPlan(options);
  const backup = findBackup(plan, task);
  await look(options, plan, async (emit) => {
    const sink = await openSink({ emit }, backup);
    const listing = await sink.list();
    const text = json
      ? writeJson(encodeCopies(backup.id, listing.copies))
      : renderCopies(backup.id, listing);
    process.stdout.write(text);
    if (plan.verbosity > 0)
      for (const line of renderStrangers(listing.strangers)) console.error(line);
  });
}
