/** The signals that are blocked in every stage of a run when it starts. */
export interface SignalMask {
  blocked(): readonly NodeJS.Signals[];
  block(signal: NodeJS.Signals): void;
  unblock(signal: NodeJS.Signals): void;
}

export function createSignalMask(): SignalMask {
  const blocked = new Set<NodeJS.Signals>();
  return {
    blocked: () => [...blocked],
    block: (signal) => void blocked.add(signal),
    unblock: (signal) => void blocked.delete(signal),
  };
}
