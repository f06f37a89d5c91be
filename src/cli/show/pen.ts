/** Draws the live block at most ten times a second, with the lines that stay above it. */
import { createLiveBlock } from './live-block.js';
import type { Clock, Output } from './view.js';

/** More frames than ten a second would only flicker. */
const FRAME_MS = 100;

export interface Pen {
  /** Adds lines that stay above the block. The next drawing prints them. */
  say(lines: readonly string[]): void;
  /** Draws now, or when the next frame is due. */
  refresh(): void;
  /** Prints the lines that are left and removes the block. */
  close(): void;
}

/** `renderLive` returns the lines of the block. */
export function createPen(
  { output, clock }: { readonly output: Output; readonly clock: Clock },
  renderLive: (now: number) => readonly string[],
): Pen {
  const block = createLiveBlock(output);
  let said: string[] = [];
  let lastFrame = Number.NEGATIVE_INFINITY;
  let stopTicking: (() => void) | undefined;

  function draw(lines: readonly string[]): void {
    if (block.draw({ above: said, lines })) lastFrame = clock.now();
    said = [];
  }

  /** Between two frames nothing is computed: the timer draws what has been said meanwhile. */
  function refresh(): void {
    const now = clock.now();
    if (stopTicking !== undefined && Math.abs(now - lastFrame) < FRAME_MS) return;
    const lines = renderLive(now);
    draw(lines);
    if (lines.length > 0) stopTicking ??= clock.every(FRAME_MS, refresh);
    else stopTimer();
  }

  function stopTimer(): void {
    stopTicking?.();
    stopTicking = undefined;
  }

  return {
    say: (lines) => said.push(...lines),
    refresh,
    close() {
      stopTimer();
      draw([]);
    },
  };
}
