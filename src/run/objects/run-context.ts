import { type FactValues, factsOf } from '../../exec/facts.js';
import type { Operation } from '../operation/operation.js';
import type { RunContext } from './objects.js';

/** The context of the stages of an operation. `facts`: what is known of it besides its host. */
export function runContext(
  { id, host, mask }: Operation,
  facts: FactValues & { readonly task: string },
): RunContext {
  return {
    facts: factsOf({ ...facts, host: host.name }),
    inherited: host.environment,
    runId: id,
    blockedSignals: mask.blocked(),
  };
}
