/** `palhm show`: one copy. */

import { findBackup } from '../../config/plan/tasks.js';
import { renderCopy } from '../../report/copies/copy-text.js';
import { locateCopy } from '../../run/find-copy.js';
import { openSink } from '../../run/open-sink.js';
import type { GlobalOptions } from '../global-options.js';
import { look, openPlan } from '../session.js';

export interface ShowCommandOptions {
  readonly task: string;
  /** A prefix, or `latest`. */
  readonly copy: string;
  readonly json: boolean;
}

export async function show(options: GlobalOptions, command: ShowCommandOptions): Promise<void> {
  const plan = await openPlan(options);
  const backup = findBackup(plan, command.task);
  await look(options, plan, async (emit) => {
    const sink = await openSink({ emit }, backup);
    const copy = await locateCopy(sink, command.copy, Date.now());
    const stored = sink.stored(copy.prefix);
    const manifest = await stored.manifest();
    const fetchCommand = (pieces: readonly string[]): string | undefined =>
      stored.fetchCommand(pieces);
    process.stdout.write(renderCopy({ copy, manifest, fetchCommand, json: command.json }));
  });
}
