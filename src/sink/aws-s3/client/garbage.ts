/** Keeps V8 from collecting garbage all the time while bytes go through the SDK. */
import { setFlagsFromString } from 'node:v8';

/**
 * The SDK reads into a new buffer of 64 KiB each time, and `Upload` makes each part in a new one. V8 collects garbage when
 * they exceed what it lets the heap grow by. They are outside the heap, so it soon allows a fifth of 10 MB: it marked the
 * whole heap 55 times in one GiB, a third of the CPU time (doc/bench.md). Now it may grow to five times its size; V8 itself
 * starts with four.
 */
export function collectLessOften(): void {
  setFlagsFromString('--heap-growing-percent=400');
}
