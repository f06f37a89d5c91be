/** `palhm verify`: read copies again and compare them with their manifests. */

import { findBackup } from '../../config/plan/tasks.js';
import { describeDamage } from '../../report/copies/verify-failure.js';
import { renderVerdicts } from '../../report/copies/verify-text.js';
import { openSink } from '../../run/open-sink.js';
import type { VerifyRequest } from '../../run/verify/request.js';
import { verifyCopies } from '../../run/verify/verify.js';
import { writeJson } from '../../wire/json-text.js';
import { encodeVerdicts } from '../../wire/verdicts.js';
import type { GlobalOptions } from '../global-options.js';
import { openPlan, operate } from '../session.js';

export interface VerifyCommandOptions {
  readonly task: string | undefined;
  /** A prefix, `latest` or `all`. */
  readonly copy: string;
  readonly decode?: boolean;
  /** Above 0, at most 1. */
  readonly sample?: number;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export async function verify(options: GlobalOptions, command: VerifyCommandOptions): Promise<void> {
  const plan = await openPlan(options);
  const backup = findBackup(plan, command.task);
  const { copy, decode = false, sample = 1, yes = false, json = false } = command;
  let printed = '';
  try {
    await operate(options, plan, async (operation) => {
      const sink = await openSink(operation, backup);
      const request: VerifyRequest = { backup, sink, copy, decode, sample, confirmed: yes };
      const verdicts = await verifyCopies(operation, request);
      printed = json ? writeJson(encodeVerdicts(backup.id, verdicts)) : renderVerdicts(verdicts);
      const damage = describeDamage(backup.id, verdicts);
      if (damage !== undefined) throw damage;
    });
  } finally {
    // Not before the live display has gone: both may lead to one terminal.
    process.stdout.write(printed);
  }
}
