/** Every backup, looked at side by side: no daemon, no state but the sinks. */
import type { BackupPlan, Plan } from '../../config/plan/plan.js';
import { findBackup } from '../../config/plan/tasks.js';
import { type BackupStatus, judgeBackup, judgeUnreachable } from '../../copy/status.js';
import { Failure } from '../../failure/failure.js';
import { askApart } from '../../host/apart.js';
import { traitsOf, wordKeepingBackends } from '../../sink/registry.js';
import type { ListAnswer, ListQuestion } from './list-protocol.js';

export interface StatusRequest {
  readonly plan: Plan;
  /** Undefined: every backup that stores. */
  readonly task: string | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** How long a store may take to answer. */
  readonly timeoutMs: number;
}

const LIST_CHILD = new URL('./list-child.js', import.meta.url);

/** In the order of the config. Failure USAGE when there is nothing to look at. */
export async function lookAtBackups(request: StatusRequest): Promise<readonly BackupStatus[]> {
  return await Promise.all(chooseBackups(request).map((backup) => lookAt(request, backup)));
}

function chooseBackups({ plan, task }: StatusRequest): readonly BackupPlan[] {
  const backups =
    task === undefined
      ? [...plan.tasks.values()].filter((one) => one.type === 'backup')
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

async function lookAt(
  { plan, clock, timeoutMs }: StatusRequest,
  { id: task, maxAge }: BackupPlan,
): Promise<BackupStatus> {
  const [file = ''] = plan.files;
  const asked = await askApart<ListQuestion, ListAnswer>({
    module: LIST_CHILD,
    question: { file, task },
    timeoutMs,
  });
  const answer = asked.type === 'answer' ? asked.answer : asked;
  if (answer.type !== 'listing') return judgeUnreachable({ task, maxAge }, answer.why);
  return judgeBackup({ task, maxAge, listing: answer.listing, now: clock() });
}
