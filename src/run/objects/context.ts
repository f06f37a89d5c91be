import { factsOf, type KnownFacts } from '../../exec/facts.js';
import type { Operation } from '../operation/operation.js';
import type { RunContext } from './objects.js';

/** What the stages of an operation are given; `facts` are what is known of it besides its host. */
export function contextOf(
  { id, host, mask }: Operation,
  facts: KnownFacts & { readonly task: string },
): RunContext {
  return {
    facts: factsOf({ ...facts, host: host.name }),
    inherited: host.environment,
    runId: id,
    blockedSignals: mask.blocked(),
  };
}
