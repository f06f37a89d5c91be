/** Chance that a seed repeats. */

export interface Random {
  /** From 0 to below 1. */
  readonly fraction: () => number;
  /** An integer from 0 to below this. */
  readonly below: (count: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
}

/** mulberry32: a small generator with the same numbers on every platform. */
export function randomFrom(seed: number): Random {
  let state = seed;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(fraction() * count);
  return {
    fraction,
    below,
    pick<T>(from: readonly T[]): T {
      const found = from[below(from.length)];
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
  };
}

/** Another one at every call of a test, unless PALHM_TEST_SEED names the one that is to be repeated. */
export function chooseSeed(): number {
  return Number(process.env['PALHM_TEST_SEED'] ?? Date.now() % 2 ** 32);
}
