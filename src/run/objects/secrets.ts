/** What an operation does before its first stage starts: it learns the secrets of all of them. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { execsOf } from '../../exec/needs.js';
import { learnInherited } from '../../exec/secret-variables.js';
import { learnSecrets } from '../../exec/secrets.js';
import type { Failure } from '../../failure/failure.js';
import type { Operation } from '../operation/operation.js';
import { runContext } from './run-context.js';

/** Failure REFERENCE_UNRESOLVED when one of these execs refers to something that is not there. */
export async function requireSecrets(
  operation: Operation,
  task: string,
  execs: readonly ExecPlan[],
): Promise<void> {
  const failures = await learn(operation, task, execs);
  const [first, ...others] = failures;
  if (first === undefined) return;
  const hints = new Set(failures.flatMap(({ hint }) => hint ?? []));
  const details = others.map(({ message }) => message);
  throw first.withDetails(details).as({ hint: [...hints].join('; ') });
}

/**
 * For execs that run one after the other: what is not there yet is missed when its stage starts. The secrets with which the
 * task makes its objects may be in them, and printed by what reads them.
 */
export async function learnKnown(
  operation: Operation,
  task: string,
  execs: readonly ExecPlan[],
): Promise<void> {
  const plan = operation.plan.tasks.get(task);
  const own = plan === undefined || execs.length === 0 ? [] : execsOf(plan);
  await learn(operation, task, [...execs, ...own]);
}

async function learn(
  operation: Operation,
  task: string,
  execs: readonly ExecPlan[],
): Promise<readonly Failure[]> {
  const context = runContext(operation, { task });
  learnInherited(operation.redactor, context.inherited, 'all');
  const { signal } = operation;
  const failures = await learnSecrets(execs, { ...context, signal });
  signal.throwIfAborted();
  return failures;
}
