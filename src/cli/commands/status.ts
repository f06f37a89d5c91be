/** `palhm status`: is every backup fresh and whole? */

import type { BackupStatus } from '../../copy/status.js';
import { Failure } from '../../failure/failure.js';
import { renderStatus } from '../../report/copies/status-text.js';
import { count } from '../../report/text.js';
import { lookAtBackups } from '../../run/status/status.js';
import { writeJson } from '../../wire/json-text.js';
import { encodeStatus } from '../../wire/status.js';
import type { GlobalOptions } from '../global-options.js';
import { look, openPlan } from '../session.js';

export interface StatusCommandOptions {
  readonly task: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

export async function status(options: GlobalOptions, command: StatusCommandOptions): Promise<void> {
  const plan = await openPlan(options);
  const { task, timeout, json = false } = command;
  await look(options, plan, async () => {
    const backups = await lookAtBackups({ plan, task, clock: Date.now, timeoutMs: timeout });
    const text = json ? writeJson(encodeStatus(backups)) : renderStatus(backups, Date.now());
    process.stdout.write(text);
    const bad = backups.filter(({ state }) => state !== 'fresh');
    if (bad.length > 0) throw notFresh(bad, backups.length);
  });
}

function notFresh(bad: readonly BackupStatus[], of: number): Failure {
  return new Failure({
    code: 'NOT_FRESH',
    message: `${bad.length} of ${count(of, 'backup')} ${bad.length === 1 ? 'is' : 'are'} not fresh`,
    details: bad.map(({ task, state, notes }) => `"${task}" is ${state}: ${notes[0] ?? ''}`),
    hint: 'see why with the log of the last run: journalctl -u palhm@TASK',
  });
}
