/** Tells at intervals how many bytes there are of each object that runs. */
import type { Emit } from '../../events/events.js';

export interface Progress {
  watch(object: string, bytes: () => number): void;
  forget(object: string): void;
  close(): void;
}

const EVERY_MS = 200;

export function watchProgress(emit: Emit): Progress {
  const watched = new Map<string, () => number>();
  const ticker = setInterval(() => {
    for (const [object, bytes] of watched)
      emit({ type: 'object-progress', object, bytes: bytes() });
  }, EVERY_MS);
  return {
    watch: (object, bytes) => void watched.set(object, bytes),
    forget: (object) => void watched.delete(object),
    close: () => clearInterval(ticker),
  };
}
