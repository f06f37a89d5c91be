import { type FactValues, factsOf } from '../../exec/facts.js';
import type { Operation } from '../operation/operation.js';
import type { RunContext } from './objects.js';

/** From this verbosity on, the log takes every line that a stage prints. */
const DEBUG = 4;

/** The context of the stages of an operation. `facts`: what is known of it besides its host. */
export function runContext(
  { id, plan, host, mask, parameters, redactor, whenLogReady, emit }: Operation,
  facts: FactValues & { readonly task: string },
): RunContext {
  return {
    facts: factsOf({ ...facts, host: host.name }),
    inherited: { ...host.environment, ...variablesOf(parameters) },
    redactor,
    onWait: (message) => emit({ type: 'warning', message, details: [] }),
    runId: id,
    blockedSignals: mask.blocked(),
    log: { takesAll: plan.verbosity >= DEBUG, whenReady: whenLogReady },
  };
}

/** `stop-all` reaches stages as PALHM_PARAMETER_STOP_ALL. */
function variablesOf(parameters: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const entries = [...parameters].map(([name, value]) => {
    const variable = name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
    return [`PALHM_PARAMETER_${variable}`, value] as const;
  });
  return Object.fromEntries(entries);
}
