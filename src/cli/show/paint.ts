/** Few colours: problems stand out, debug lines are dim. SGR codes of ECMA-48. */
import type { StampedEvent } from '../../events/events.js';
import { type Severity, weigh } from '../../report/weight.js';
import { wordEvent } from '../../report/wording.js';

type Style = 'error' | 'warning' | 'dim';

export type Paint = (text: string, style: Style) => string;

const CODES: Readonly<Record<Style, string>> = { error: '1;31', warning: '33', dim: '2' };

export const paintColours: Paint = (text, style) => `\u001b[${CODES[style]}m${text}\u001b[0m`;

export const paintNothing: Paint = (text) => text;

/** The lines of an event in the colour of its severity. */
export function paintLines(event: StampedEvent, paint: Paint): readonly string[] {
  // The output of a program has no severity of its own: most programs also write other things than errors to stderr.
  const isOutput = event.type === 'stage-output' || event.type === 'stage-output-left-out';
  const style = isOutput ? undefined : styleOf(weigh(event).severity);
  return wordEvent(event).map((line) => (style === undefined ? line : paint(line, style)));
}

function styleOf(severity: Severity): Style | undefined {
  if (severity === 'critical' || severity === 'error') return 'error';
  if (severity === 'info') return undefined;
  return severity === 'warning' ? 'warning' : 'dim';
}

/** Only the headline of a failure has a colour. */
export function paintFailure(block: readonly string[], paint: Paint): readonly string[] {
  const [headline = '', ...rest] = block;
  return [paint(headline, 'error'), ...rest];
}
