import { Failure } from '../../failure/failure.js';

const MOST_NAMES = 20;

/** The results for all of them. The Failure of the first that has one, with those of the others in its details: they are mended in one go. */
export function planEach<T, R>(ones: readonly T[], plan: (one: T) => R): readonly R[] {
  const results: R[] = [];
  const failures: Failure[] = [];
  for (const one of ones) {
    try {
      results.push(plan(one));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return results;
  const messages = new Set(others.map(({ message }) => message));
  messages.delete(first.message);
  const shown = [...messages].slice(0, MOST_NAMES);
  const more = messages.size - shown.length;
  const details = [...shown, ...(more > 0 ? [`and ${more} more`] : []), ...first.details];
  throw first.as({ details });
}
