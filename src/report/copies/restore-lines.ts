/** The shell lines of a copy as a script that is read before it is run. */
import type { RestoreLine } from '../../run/restore/lines.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { escapeControls } from '../text.js';

export interface Script {
  /** Where the copy is. */
  readonly location: string;
  readonly lines: readonly RestoreLine[];
  /** A terminal obeys control characters; a file has to have them as they are. */
  readonly forTerminal: boolean;
}

export function renderRestoreLines({ location, lines, forTerminal }: Script): string {
  const shown = (text: string): string => (forTerminal ? escapeControls(text) : text);
  const cd = lines.some(({ inCopy }) => inCopy) ? [`cd -- ${quoteForShell(location)}`] : [];
  const blocks = lines.flatMap(({ path, line, suspect }) => [
    `# ${escapeControls(path)}${suspect ? ': NOT what its stages ask for, look at it' : ''}`,
    suspect ? `# ${escapeControls(line)}` : line,
  ]);
  return `${[...cd, ...blocks].map(shown).join('\n')}\n`;
}
