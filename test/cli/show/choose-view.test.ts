import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseView, type ViewChoice } from '../../../src/cli/show/choose-view.js';
import { SAMPLES } from './samples.js';
import { fakeClock, fakeOutput } from './world.js';

type Asked = Partial<Omit<ViewChoice, 'output' | 'clock' | 'file'>> & { readonly isTTY?: boolean };

/** Which view it is, recognised by what it writes for one running object and one warning. */
function recognise({ isTTY = true, ...asked }: Asked): string {
  const output = fakeOutput({ columns: 80, rows: 24 }, isTTY);
  const view = chooseView({
    progress: 'auto',
    logFormat: 'text',
    verbosity: 3,
    environment: { TERM: 'xterm' },
    ...asked,
    output,
    clock: fakeClock(),
    file: { dev: 1n, ino: 2n },
  });
  view.handle(SAMPLES.warning);
  view.handle(SAMPLES['object-started']);
  const text = output.text();
  view.close();
  const priority = text.startsWith('<4>') ? ' with priorities' : '';
  if (text.includes('"event":"warning"')) return `json${priority}`;
  if (!text.includes('\u001b[?7l')) return `plain${priority}`;
  return text.includes('\u001b[33m') ? 'terminal in colour' : 'terminal';
}

const journal = { TERM: 'xterm', JOURNAL_STREAM: '1:2' };

const CASES: readonly (readonly [string, Asked, string])[] = [
  ['a terminal', {}, 'terminal in colour'],
  ['a pipe', { isTTY: false }, 'plain'],
  ['a dumb terminal', { environment: { TERM: 'dumb' } }, 'plain'],
  ['NO_COLOR', { environment: { TERM: 'xterm', NO_COLOR: '1' } }, 'terminal'],
  ['an empty NO_COLOR', { environment: { NO_COLOR: '' } }, 'terminal in colour'],
  ['never', { progress: 'never' }, 'plain'],
  ['always, on a pipe', { progress: 'always', isTTY: false }, 'terminal in colour'],
  ['always, dumb', { progress: 'always', environment: { TERM: 'dumb' } }, 'terminal'],
  ['a verbosity below info', { verbosity: 2 }, 'plain'],
  ['always, below info', { progress: 'always', verbosity: 2 }, 'terminal in colour'],
  ['json on a terminal', { logFormat: 'json' }, 'json'],
  ['json always', { logFormat: 'json', progress: 'always' }, 'json'],
  ['the journal', { isTTY: false, environment: journal }, 'plain with priorities'],
  ['json to the journal', { logFormat: 'json', environment: journal }, 'json with priorities'],
  ['another journal', { isTTY: false, environment: { JOURNAL_STREAM: '1:3' } }, 'plain'],
];

for (const [name, asked, view] of CASES) {
  test(`${name}: ${view}`, () => assert.equal(recognise(asked), view));
}

test('-q is silent unless it is asked, even when progress is always to be shown', () => {
  const output = fakeOutput({ columns: 80, rows: 24 });
  const view = chooseView({
    progress: 'always',
    logFormat: 'text',
    verbosity: 0,
    environment: {},
    output,
    clock: fakeClock(),
    file: { dev: 1n, ino: 2n },
  });
  for (const event of Object.values(SAMPLES)) {
    if (!['failed', 'object-failed', 'standing'].includes(event.type)) view.handle(event);
  }
  view.close();
  assert.deepEqual(output.writes, []);
});
