/** The shell lines that restore a copy, as a script. People read it before they run it. */
import type { RestoreLine } from '../../run/restore/lines.js';
import type { RecoveryLine, RecoveryLines } from '../../run/restore/recovery-lines.js';
import { escapeControls } from '../../units/escape.js';
import { quoteForShell } from '../../units/shell-quote.js';

export interface Script {
  /** Where the copy is. */
  readonly location: string;
  readonly lines: readonly RestoreLine[];
  readonly around: RecoveryLines;
  /** Whether control characters are escaped: a terminal would obey them, but a file must keep them. */
  readonly forTerminal: boolean;
}

export function renderRestoreLines({ location, lines, around, forTerminal }: Script): string {
  const shown = (text: string): string => (forTerminal ? escapeControls(text) : text);
  const cd = lines.some(({ inCopy }) => inCopy) ? [`cd -- ${quoteForShell(location)}`] : [];
  const blocks = lines.flatMap((one) =>
    one.suspect ? renderSuspect(one) : [...renderComments(one), one.line],
  );
  const before = around.before.flatMap(renderRecovery);
  const after = around.after.flatMap(renderRecovery);
  return `${[...before, ...cd, ...blocks, ...after].map(shown).join('\n')}\n`;
}

/** Where one fails, nothing of what comes after it is run, as palhm does it. */
function renderRecovery({ hook, line, remarks, leftOut }: RecoveryLine): readonly string[] {
  if (leftOut !== undefined) return [`# ${hook}, ${leftOut}: ${escapeControls(line)}`];
  return [...[hook, ...remarks].map((text) => `# ${escapeControls(text)}`), `${line} || exit`];
}

function renderComments({ path, remarks = [] }: RestoreLine): readonly string[] {
  return [path, ...remarks].map((text) => `# ${escapeControls(text)}`);
}

/** A comment, whatever is in it. */
export function renderSuspect({ path, line }: RestoreLine): string {
  return `# ${escapeControls(path)}: NOT what its stages ask for, do not use it: ${escapeControls(line)}`;
}
