/** A terminal view with its clock, what it wrote, and the screen as a person would see it. */
import { createTerminalView } from '../../../src/cli/show/terminal-view.js';
import type { View } from '../../../src/cli/show/view.js';
import type { StampedEvent } from '../../../src/events/events.js';
import { PREFIX, SAMPLES, stamp } from './samples.js';
import { createScreen, type Screen } from './screen.js';
import { type FakeClock, type FakeOutput, fakeClock, fakeOutput } from './world.js';

export interface Stage {
  readonly view: View;
  readonly clock: FakeClock;
  readonly output: FakeOutput;
  readonly screen: Screen;
  readonly play: (...events: readonly StampedEvent[]) => void;
}

/** A view on a terminal of this size. Every write goes through the screen model at once. */
export function openStage(columns = 80, rows = 24, verbosity = 3): Stage {
  const clock = fakeClock();
  const screen = createScreen(columns, rows);
  const output = fakeOutput({ columns, rows }, true, (text) => screen.feed(text));
  const view = createTerminalView({ output, clock, verbosity, colour: false });
  return {
    view,
    clock,
    output,
    screen,
    play: (...events) => {
      for (const event of events) view.handle(event);
    },
  };
}

export const MIB = 1024 * 1024;

export function started(object: string, stages: readonly string[] = ['tar', 'zstd']): StampedEvent {
  return stamp({ type: 'object-started', object, group: 'files', stages });
}

export function progressed(object: string, bytes: number): StampedEvent {
  return stamp({ type: 'object-progress', object, bytes });
}

export function opened(objects: number): StampedEvent {
  return { ...SAMPLES['copy-opened'], objects };
}

export const OPENED = (objects: number): string =>
  `copy ${PREFIX} of task "backup" opened on localfs /media/backup: ${objects} objects`;

/** The frames of the live display in the output: the text between "wrapping off" and "wrapping on". */
export function liveBlocks(text: string): readonly string[] {
  return text
    .split('\u001b[?7l')
    .slice(1)
    .map((part) => part.split('\u001b[?7h')[0] ?? '');
}
