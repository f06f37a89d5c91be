import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Gives memory back now. V8 by itself lets garbage pile up to gigabytes as long as the host has them. */
export function collectGarbage(): void {
  // Only a context that is made when the flag is set has the function.
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
