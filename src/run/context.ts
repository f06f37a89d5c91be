import type { RunFacts } from '../exec/values.js';
import type { RunContext } from './objects.js';
import type { Operation } from './operation.js';

/** What the stages of an operation are given; `facts` are what is known of it besides its host. */
export function contextOf(
  { id, host, mask }: Operation,
  facts: Omit<RunFacts, 'host'>,
): RunContext {
  return {
    facts: { ...facts, host: host.name } as RunFacts,
    runId: id,
    blockedSignals: mask.blocked(),
  };
}
