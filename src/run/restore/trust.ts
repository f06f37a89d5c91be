/**
 * The checks before anything runs. A command that no config knows needs a yes. One that refers to a secret, which only a
 * config has, cannot run at all. Every program must be installed.
 */
import type { ExecPlan } from '../../config/plan/plan.js';
import {
  looksLikeReference,
  renderCommand,
  renderWholeCommand,
} from '../../config/plan/render-value.js';
import { findMissingPrograms } from '../../exec/needs.js';
import type { Environment } from '../../exec/values.js';
import { Failure } from '../../failure/failure.js';
import { literalExec } from '../objects/decoding.js';
import type { PlannedObject } from './planned-object.js';
import type { Consent, Question } from './request.js';

/** What a person has to agree to. */
export interface Intent {
  readonly planned: readonly PlannedObject[];
  /** Asked even when every command is known. Undefined: only unknown commands need a yes. */
  readonly question: Question | undefined;
  /** What can be said when there is no yes. Undefined: that nothing was run. */
  readonly untouched?: string;
}

/** Failure REFERENCE_UNRESOLVED, STAGE_NOT_STARTED. */
export async function checkCommands(
  planned: readonly PlannedObject[],
  inherited: Environment,
): Promise<void> {
  for (const { object, unknown } of planned)
    for (const argv of unknown)
      if (argv.some(looksLikeReference)) throw unresolved(object.path, argv);
  await checkPrograms(
    planned.flatMap((one) => one.execs),
    inherited,
  );
}

/** Failure STAGE_NOT_STARTED. */
export async function checkPrograms(
  execs: readonly ExecPlan[],
  inherited: Environment,
): Promise<void> {
  const missing = await findMissingPrograms([...new Set(execs)], inherited);
  if (missing.length > 0) throw notInstalled(missing);
}

/** Returns the unknown commands that run without a question, for a warning. Failure UNTRUSTED_COMMAND, USAGE, NOT_CONFIRMED. */
export async function obtainConsent(
  consent: Consent,
  { planned, question, untouched = 'Nothing was run.' }: Intent,
): Promise<readonly string[]> {
  const unknown = listUnknown(planned);
  if (question === undefined && unknown.length === 0) return [];
  if (consent.type === 'given') return unknown;
  if (consent.type === 'absent')
    throw question === undefined
      ? untrusted(unknown)
      : unasked(question, [...namesOf(unknown), untouched]);
  const lines = [
    ...(question?.lines ?? []),
    ...(unknown.length === 0 ? [] : [`${NOBODY_KNOWS}:`, ...unknown.map((line) => `  ${line}`)]),
  ];
  const { text, without } = question ?? { text: 'Run them?', without: '' };
  if (await consent.ask({ lines, text, without })) return [];
  throw new Failure({
    code: 'NOT_CONFIRMED',
    message: 'the answer was not yes',
    details: [untouched],
  });
}

function namesOf(unknown: readonly string[]): readonly string[] {
  return unknown.length === 0 ? [] : [`${NOBODY_KNOWS}:`, ...unknown.map((line) => `| ${line}`)];
}

export const NOBODY_KNOWS =
  'The manifest names commands that neither the config in use nor what ships with palhm knows';

/** For people. */
export function listUnknown(planned: readonly Pick<PlannedObject, 'unknown'>[]): readonly string[] {
  const commands = planned.flatMap(({ unknown }) => unknown);
  return [...new Set(commands.map((argv) => renderWholeCommand(literalExec(argv).argv)))];
}

function unresolved(path: string, argv: readonly string[]): Failure {
  return new Failure({
    code: 'REFERENCE_UNRESOLVED',
    message: `object "${path}" is undone by a command with a reference that only a config can resolve: ${renderCommand(literalExec(argv).argv)}`,
    details: ['A manifest holds no secrets. Nothing was run.'],
    hint: 'name the config that made the copy with -f, or take the stored bytes with --raw',
  });
}

function notInstalled(missing: readonly string[]): Failure {
  const [only, ...others] = missing;
  return new Failure({
    code: 'STAGE_NOT_STARTED',
    message:
      others.length === 0
        ? `a program that the restore needs cannot be run: ${only ?? ''}`
        : `${missing.length} programs that the restore needs cannot be run`,
    details: [...(others.length === 0 ? [] : missing), 'Nothing was run.'],
    hint: 'install what is missing, or take the stored bytes with --raw',
  });
}

function untrusted(commands: readonly string[]): Failure {
  return new Failure({
    code: 'UNTRUSTED_COMMAND',
    message: `${NOBODY_KNOWS}, and there is nobody to ask`,
    details: [...commands.map((line) => `| ${line}`), 'Nothing was run.'],
    hint: 'name the config that made the copy with -f, or run them with --yes when they are what they should be',
  });
}

function unasked({ without, hint }: Question, details: readonly string[]): Failure {
  return new Failure({
    code: 'USAGE',
    message: `${without}, and there is nobody to ask: stdin is not a terminal`,
    details,
    hint: hint ?? 'add --yes; --print shows what would run',
  });
}
