/** What an operation does before its first stage starts: it learns the secrets of all of them. */
import type { ExecPlan } from '../../config/plan/plan.js';
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

/** For execs that run one after the other: what is not there yet is missed when its stage starts. */
export async function learnKnown(
  operation: Operation,
  task: string,
  execs: readonly ExecPlan[],
): Promise<void> {
  await learn(operation, task, execs);
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
