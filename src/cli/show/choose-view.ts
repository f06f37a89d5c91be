/** Chooses one of the three views, by the options and by where stderr leads. */
import type { Stamp } from '../../events/events.js';
import { assertNever } from '../../failure/failure.js';
import { wordMissed } from '../../report/wording.js';
import { encodeMissed } from '../../wire/event.js';
import { writeJsonLine } from '../../wire/json-text.js';
import { type BoundedView, createBoundedView } from './bounded.js';
import { type FileIdentity, leadsToJournal, priorityPrefix } from './journal.js';
import { createJsonView } from './json-view.js';
import { createPlainView } from './plain-view.js';
import { createTerminalView } from './terminal-view.js';
import type { Clock, Output, View } from './view.js';

export interface ViewChoice {
  readonly progress: 'auto' | 'always' | 'never';
  readonly logFormat: 'text' | 'json';
  readonly verbosity: number;
  readonly output: Output;
  readonly clock: Clock;
  readonly patienceMs?: number | undefined;
  readonly environment: {
    readonly NO_COLOR?: string | undefined;
    readonly TERM?: string | undefined;
    readonly JOURNAL_STREAM?: string | undefined;
  };
  /** Of the file behind `output`: `fstatSync(2, { bigint: true })`. */
  readonly file: FileIdentity;
}

/** The view heeds how much its reader has not read yet. */
export function chooseView(choice: ViewChoice): BoundedView {
  const priorities = leadsToJournal(choice.environment.JOURNAL_STREAM, choice.file);
  const prefix = priorities ? priorityPrefix('warning') : '';
  return createBoundedView({
    output: choice.output,
    clock: choice.clock,
    patienceMs: choice.patienceMs,
    createView: (output) => createView({ ...choice, output }, priorities),
    describeMissed: (count, latest) => prefix + describeMissed(count, latest, choice),
  });
}

function describeMissed(count: number, latest: Stamp, { logFormat, clock }: ViewChoice): string {
  if (logFormat === 'text') return `${wordMissed(count)}\n`;
  return writeJsonLine(encodeMissed(count, { ...latest, time: clock.now() }));
}

function createView(choice: ViewChoice, priorities: boolean): View {
  const { output, clock, verbosity, progress, environment } = choice;
  if (choice.logFormat === 'json') {
    return createJsonView({
      output,
      verbosity,
      priorities,
      progress: progress === 'always',
    });
  }
  if (wantsTerminal(choice)) {
    return createTerminalView({ output, clock, verbosity, colour: hasColour(environment) });
  }
  return createPlainView({ output, verbosity, priorities });
}

/** With `auto`, a verbosity below info means no live display. `always` has precedence over everything but `-q`. */
function wantsTerminal({ progress, verbosity, output, environment }: ViewChoice): boolean {
  switch (progress) {
    case 'never':
      return false;
    case 'always':
      return verbosity > 0;
    case 'auto':
      return output.isTTY === true && environment.TERM !== 'dumb' && verbosity >= 3;
    default:
      return assertNever(progress);
  }
}

/** A NO_COLOR that is not empty forbids colours: no-color.org. */
function hasColour(environment: ViewChoice['environment']): boolean {
  return (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
}
