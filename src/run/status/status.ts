/** The state of every backup, read from its sink alone: there is no daemon and no other state. */
import pLimit from 'p-limit';
import type { BackupPlan } from '../../config/plan/plan.js';
import { findBackup } from '../../config/plan/tasks.js';
import { type BackupStatus, judgeBackup, judgeUnreachable } from '../../copy/status.js';
import { Failure } from '../../failure/failure.js';
import { askApart } from '../../host/apart.js';
import { traitsOf, wordKeepingBackends } from '../../sink/registry.js';
import type { Operation } from '../operation/operation.js';
import type { ListAnswer, ListQuestion } from './list-protocol.js';

export interface StatusRequest {
  /** Undefined: every backup that stores. */
  readonly task: string | undefined;
  /** How long a store may take to answer. */
  readonly timeoutMs: number;
}

/** How many at once: each is a process of about 50 MB. */
const AT_ONCE = 4;
const LIST_CHILD = new URL('./list-child.js', import.meta.url);

/** In the order of the config. Failure USAGE when no backup stores anything. */
export async function checkBackups(
  operation: Operation,
  { task, timeoutMs }: StatusRequest,
): Promise<readonly BackupStatus[]> {
  const limit = pLimit(AT_ONCE);
  const backups = chooseBackups(operation, task);
  return await Promise.all(
    backups.map((backup) => limit(() => checkBackup(operation, backup, timeoutMs))),
  );
}

function chooseBackups({ plan }: Operation, task: string | undefined): readonly BackupPlan[] {
  const backups =
    task === undefined
      ? [...plan.tasks.values()].filter((one) => one.type === 'backup').filter(isPresent)
      : [findBackup(plan, task)];
  const storing = backups.filter(({ sink }) => traitsOf(sink).keeps);
  if (storing.length > 0) return storing;
  throw new Failure({
    code: 'USAGE',
    message:
      task === undefined
        ? 'the config has no backup task that stores anything'
        : `task "${task}" stores nothing: its backend is null`,
    hint: `name a config with a backup whose backend is ${wordKeepingBackends()}`,
  });
}

/** Nobody waits for the next copy of a client that has gone. */
function isPresent({ client }: BackupPlan): boolean {
  return client?.state !== 'absent';
}

async function checkBackup(
  { host, plan: { tasks } }: Operation,
  { id, sink, sign, maxAge }: BackupPlan,
  timeoutMs: number,
): Promise<BackupStatus> {
  const { environment, clock } = host;
  const asked = await askApart<ListQuestion, ListAnswer>({
    module: LIST_CHILD,
    question: { backup: { id, sink, sign }, tasks, environment: { ...environment } },
    timeoutMs,
  });
  const answer = asked.type === 'answer' ? asked.answer : asked;
  if (answer.type !== 'listing') return judgeUnreachable({ task: id, maxAge }, answer.why);
  return judgeBackup({ task: id, maxAge, listing: answer.listing, now: clock() });
}
