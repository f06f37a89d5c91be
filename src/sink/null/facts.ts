import type { NullPlan } from '../../config/plan/sinks/null.js';
import type { SinkFacts, Traits } from '../facts.js';

export const NULL_TRAITS: Traits = {
  keeps: false,
  sizes: 'logical',
  digest: 'tapped',
  rotation: 'copies',
  wantsExpectedSize: false,
};

export function nullFacts({ type }: NullPlan): SinkFacts {
  return {
    place: [type],
    root: type,
    directory: undefined,
    rows: [['sink', 'null: nothing is stored']],
    json: { type },
    prefix: { timespec: 'seconds' },
    retention: undefined,
    memoryFor: undefined,
  };
}
