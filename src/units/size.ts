import type { Parsed } from './parsed.js';

/** `"500 GiB"`, `"1MB"`, `"4096"`: bytes. */
export function parseSize(_text: string): Parsed<number> {
  throw new Error('not built yet');
}

/** For people: `1.4 GiB`. */
export function formatSize(_bytes: number): string {
  throw new Error('not built yet');
}
