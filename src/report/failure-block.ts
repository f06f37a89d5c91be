/**
 * A failure as a block of text for people: what failed with its code, the facts, what to do next.
 *
 * A detail that begins with `| ` is a line from a program and is indented further. Problems of the config are shown with
 * their lines and carets.
 */
import { ConfigErrors } from '../config/read/diagnostics.js';
import { renderProblems } from '../config/read/render-diagnostics.js';
import { Failure } from '../failure/failure.js';
import { escapeControls, escapeLine, escapeLines } from '../units/escape.js';
import { pad, widthOf } from './text.js';

export interface FailureContext {
  /** What failed, such as `object "etc.tar" in group "files"`. Without it the block begins with the message. */
  readonly what?: string | undefined;
  /** The column in which the code ends. Without it two blanks separate the code from the text before it. */
  readonly width?: number | undefined;
}

const FAILED = 'failed  ';

/** Lines without line breaks: a block for a `Failure`; anything else is a defect and is shown with its stack. */
export function renderFailure(error: unknown, context: FailureContext = {}): readonly string[] {
  if (error instanceof ConfigErrors) return renderProblems(error).split('\n');
  if (!(error instanceof Failure)) return renderDefect(error);
  return error.code === 'DEFECT' ? renderDefect(error.cause) : renderExpected(error, context);
}

function renderExpected(failure: Failure, { what, width }: FailureContext): readonly string[] {
  const { code, details, hint } = failure;
  const message = escapeLine(failure.message);
  const headline = what === undefined ? message : escapeControls(what);
  return [
    alignCode(`${FAILED}${headline}`, code, width),
    ...(what === undefined ? [] : [`  ${message}`]),
    ...details.map(escapeLine).map(indentDetail),
    ...renderPlace(failure),
    ...(hint === undefined ? [] : [`  next: ${escapeLine(hint)}`]),
  ];
}

function alignCode(headline: string, code: string, width = 0): string {
  const blank = Math.max(2, width - widthOf(headline) - code.length);
  return pad(headline, widthOf(headline) + blank, 'left') + code;
}

function indentDetail(line: string): string {
  return line.startsWith('| ') || line === '|' ? `    ${line}` : `  ${line}`;
}

function renderPlace(failure: Failure): readonly string[] {
  if (failure.place === undefined) return [];
  const { file, line, column } = failure.place;
  return [`  configured at ${escapeControls(file)}:${line}:${column}`];
}

function renderDefect(error: unknown): readonly string[] {
  return [
    'failed  This is a defect of palhm, not of your config or your host.  DEFECT',
    ...stacksOf(error).map((line) => `  ${line}`),
    '  next: report it with these lines and the output of "palhm --version"',
  ];
}

/** The stack of an error and of each error that caused it. */
function stacksOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return escapeLines(`thrown: ${String(error)}`);
  const own = escapeLines(error.stack ?? `${error.name}: ${error.message}`);
  if (error.cause === undefined) return own;
  const [first = '', ...rest] = stacksOf(error.cause);
  return [...own, `caused by ${first}`, ...rest];
}
