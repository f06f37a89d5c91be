import type { Parsed } from './parsed.js';

export interface Duration {
  readonly ms: number;
}

/** `"90s"`, `"26h"`, `"30d"`, `"1h30m"`. */
export function parseDuration(_text: string): Parsed<Duration> {
  throw new Error('not built yet');
}

/** For people: `4.1 s`, `3 min 12 s`. */
export function formatDuration(_duration: Duration): string {
  throw new Error('not built yet');
}
