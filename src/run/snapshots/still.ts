/** Keeps a source still by the commands of its provider, as programs of the group: they are told, measured and marked as those are. */
import type { ExecPlan } from '../../config/plan/plan.js';
import type { Place } from '../../failure/failure.js';
import type { Still } from '../../snapshot/provider.js';
import type { Hooked } from '../hooks/hook.js';
import { runUntilFailure } from '../hooks/lists.js';
import type { Operation } from '../operation/operation.js';
import { THAW_MS } from './watchdog-orders.js';

/** Only with -v: they are not the user's. */
const STDOUT_LEVEL = 4;

export interface StillPrograms {
  readonly freeze: readonly ExecPlan[];
  readonly thaw: readonly ExecPlan[];
}

export function programsOf(still: Still | undefined, place: Place): StillPrograms {
  const { freeze = [], thaw = [] } = still ?? {};
  return {
    freeze: freeze.map((argv) => execOf(argv, place, undefined)),
    thaw: thaw.map((argv) => execOf(argv, place, { ms: THAW_MS })),
  };
}

/** Freezes. `mayBeFrozen`: whether there may be anything to thaw. `failure`: why not all is frozen. */
export async function freezeSource(
  operation: Operation,
  hooked: Hooked,
  { freeze }: StillPrograms,
): Promise<{ readonly mayBeFrozen: boolean; readonly failure: unknown }> {
  const list = { kind: 'freeze', execs: freeze, state: { state: 'running' } } as const;
  try {
    const failed = await runUntilFailure(operation, hooked, list);
    if (failed === undefined) return { mayBeFrozen: true, failure: undefined };
    const { end } = failed;
    const hasEnded = end === undefined || (end.exitCode !== null && end.stopped === undefined);
    const hasRefused = failed.exec === freeze[0] && hasEnded;
    const failure = failed.failure.as({ code: 'SNAPSHOT_FAILED' });
    return { mayBeFrozen: !hasRefused, failure };
  } catch (failure) {
    return { mayBeFrozen: true, failure };
  }
}

function execOf(argv: readonly string[], place: Place, timeout: ExecPlan['timeout']): ExecPlan {
  return {
    id: undefined,
    place,
    argv: argv.map((text) => ({ type: 'literal', text })),
    env: new Map(),
    accepted: { min: 0, max: 0 },
    signals: [],
    stdoutLevel: STDOUT_LEVEL,
    stderrLevel: 1,
    cwd: undefined,
    timeout,
    nice: undefined,
    ionice: undefined,
    user: undefined,
    inverse: undefined,
  };
}
