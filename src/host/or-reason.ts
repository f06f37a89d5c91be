/**
 * The outcome of the work; once the signal is aborted, its reason. For work that does not know the signal, or that the
 * system, or a library, keeps from its end. What becomes of the work then is nobody's concern any more.
 */
export async function orReason<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    over.abort();
  }
}
