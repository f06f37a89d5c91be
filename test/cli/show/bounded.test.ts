/** A reader that does not read: what is queued for it has a bound, and it is told what it missed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import type { BoundedView } from '../../../src/cli/show/bounded.js';
import { chooseView } from '../../../src/cli/show/choose-view.js';
import type { Clock, View } from '../../../src/cli/show/view.js';
import { SAMPLES, stamp } from './samples.js';
import { fakeClock } from './world.js';

const MIB = 2 ** 20;
const LINES = 200_000;

/** A stream whose reader reads when it is told to. */
function slowReader(): {
  readonly stream: Writable;
  readonly text: () => string;
  readonly readAll: () => Promise<void>;
} {
  let text = '';
  let isReading = false;
  let read = (): void => {};
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _, done) {
      read = () => {
        text += chunk.toString();
        done();
      };
      if (isReading) read();
    },
  });
  return {
    stream,
    text: () => text,
    async readAll() {
      isReading = true;
      const drained = once(stream, 'drain');
      read();
      await drained;
    },
  };
}

interface ViewOptions {
  readonly logFormat?: 'text' | 'json';
  readonly journal?: boolean;
  readonly clock?: Clock;
}

function viewOn(
  output: Writable,
  { logFormat = 'text', journal = false, clock = fakeClock() }: ViewOptions = {},
): BoundedView {
  return chooseView({
    progress: 'auto',
    logFormat,
    verbosity: 4,
    output,
    clock,
    environment: journal ? { JOURNAL_STREAM: '1:2' } : {},
    file: { dev: 1n, ino: 2n },
  });
}

function chatter(view: View, lines = LINES): void {
  for (let index = 0; index < lines; index++) view.handle(SAMPLES.debug);
}

describe('a reader that does not read', () => {
  it('costs no more memory than the bound', () => {
    const { stream } = slowReader();
    const view = viewOn(stream);
    chatter(view);
    assert.ok(stream.writableLength > MIB / 2, String(stream.writableLength));
    assert.ok(stream.writableLength < 1.1 * MIB, String(stream.writableLength));
    view.close();
  });

  it('gets a warning, though what programs print has filled the bound', () => {
    const { stream } = slowReader();
    const view = viewOn(stream);
    for (let index = 0; index < LINES; index++) view.handle(SAMPLES['stage-output']);
    const before = stream.writableLength;
    view.handle(SAMPLES['stage-output-left-out']);
    assert.equal(stream.writableLength, before);
    view.handle(SAMPLES.warning);
    assert.ok(stream.writableLength > before);
    view.close();
  });

  it('is waited for once, until it has taken everything', async () => {
    const { stream, readAll } = slowReader();
    const clock = fakeClock();
    const view = viewOn(stream, { clock });
    assert.equal(view.whenReady(), undefined);
    chatter(view);
    const first = view.whenReady();
    assert.ok(first !== undefined && view.whenReady() === first);
    clock.pass(1000);
    await first;
    assert.equal(view.whenReady(), undefined);
    await readAll();
    assert.equal(clock.timers(), 0);
  });

  it('costs no more than the larger bound whatever the run has to say', () => {
    const { stream } = slowReader();
    const view = viewOn(stream, { logFormat: 'json' });
    for (let index = 0; index < LINES / 4; index++) view.handle(SAMPLES['object-failed']);
    assert.ok(stream.writableLength > 7 * MIB && stream.writableLength < 8.1 * MIB);
  });

  it('finds the failures and the end, when it reads at last, and how much is missing before them', async () => {
    const { stream, readAll, text } = slowReader();
    const view = viewOn(stream, { logFormat: 'json' });
    chatter(view, 20_000);
    view.handle(SAMPLES['object-failed']);
    view.handle(SAMPLES.failed);
    chatter(view, 20_000);
    view.handle(SAMPLES['run-finished']);
    view.close();
    await readAll();
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; count?: number; task: unknown });
    const last = lines.filter(({ event }) => event !== 'debug').map(({ event }) => event);
    assert.deepEqual(last, ['missed', 'object-failed', 'failed', 'missed', 'run-finished']);
    const missed = lines.reduce((sum, { count = 0 }) => sum + count, 0);
    assert.equal(lines.filter(({ event }) => event === 'debug').length + missed, 40_000);
    assert.equal(lines.find(({ event }) => event === 'missed')?.task, 'backup');
  });
});

describe('a reader that goes on reading', () => {
  it('is told at once what it missed, though nothing else happens', async () => {
    const { stream, readAll, text } = slowReader();
    chatter(viewOn(stream));
    assert.doesNotMatch(text(), /not written/);
    await readAll();
    assert.match(text(), /^… \d+ lines were not written/m);
  });

  it('is waited for until it has taken everything, and then again', async () => {
    const { stream, readAll } = slowReader();
    const clock = fakeClock();
    const view = viewOn(stream, { clock });
    chatter(view, 100_000);
    const first = view.whenReady();
    assert.ok(first !== undefined);
    await Promise.all([first, readAll()]);
    assert.equal(view.whenReady(), undefined);
    assert.equal(clock.timers(), 0);
  });

  it('gets every line again, and is told once', async () => {
    const { stream, readAll, text } = slowReader();
    const view = viewOn(stream);
    chatter(view);
    await readAll();
    view.handle(stamp({ type: 'debug', message: 'after it' }));
    const lines = text().trimEnd().split('\n');
    const told = lines.filter((line) => line.includes('not written'));
    const [, count] =
      /^… (\d+) lines were not written: whoever reads this did not keep up$/.exec(told.join()) ??
      [];
    assert.equal(lines.length - 2 + Number(count), LINES);
    assert.equal(lines.at(-1), 'after it');
    assert.equal(lines.at(-2), told[0]);
  });

  it('gets the priority of a warning for it, as the journal wants it', async () => {
    const { stream, readAll, text } = slowReader();
    chatter(viewOn(stream, { journal: true }));
    await readAll();
    assert.match(text(), /^<4>… \d+ lines were not written/m);
  });

  it('misses nothing as long as it keeps up', async () => {
    const { stream, readAll, text } = slowReader();
    const view = viewOn(stream);
    chatter(view, 10_000);
    await readAll();
    chatter(view);
    assert.doesNotMatch(text(), /not written/);
  });
});
