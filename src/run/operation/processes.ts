/** What the stages of an operation leave running, in whatever session: it does not outlive a failure, and is named else. */
import { GRACE_MS } from '../../exec/stage.js';
import { nameOf } from '../../host/proc.js';
import { endProcessesOfRun, findProcessesOfRun } from '../../host/run-processes.js';
import type { Bracket } from './bracket.js';
import type { Operation } from './operation.js';

/**
 * Ends all processes of the run when the work fails: before anything that they use is removed, so that no deleted object
 * keeps its space.
 */
export function processesBracket(operation: Operation): Bracket<void> {
  return {
    name: 'the processes of the run',
    open: () => Promise.resolve(),
    async close(_, outcome) {
      if (outcome.type === 'failed') await endProcesses(operation);
    },
  };
}

/** That they cannot be looked for, or that some run on, goes to the aftermath. */
export async function endProcesses({ id, emit, aftermath }: Operation): Promise<void> {
  try {
    const ended = await endProcessesOfRun(id, { graceMs: GRACE_MS });
    if (ended > 0) emit({ type: 'debug', message: `ended ${ended} processes of the run` });
  } catch (error) {
    aftermath.add(error);
  }
}

/** Names those that run on after a good end, such as an agent or a shared connection. */
export async function tellProcesses({ id, emit }: Operation): Promise<void> {
  // It is only a note, and an operation that was done stays done.
  const left = await findProcessesOfRun(id).catch(() => []);
  if (left.length === 0) return;
  const processes = await Promise.all(
    left.map(async ({ pid }) => ({ pid, command: (await nameOf(pid)) ?? '?' })),
  );
  emit({ type: 'processes-left', processes });
}
