/**
 * `--print --apply`: what `--apply` runs for an object, as a line for a shell in the directory where the person is. Nothing of
 * it runs in the copy: a program that unpacks would write into it.
 */
import { join } from 'node:path';
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { Value } from '../../config/plan/value.js';
import { looksSecret } from '../../exec/secret-variables.js';
import { listReferences } from '../../exec/secrets.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { piecesOf } from '../objects/bring-back.js';
import type { PlannedObject } from './planned-object.js';

/** Where the stored bytes are: a directory, or what fetches them. */
export interface Stored {
  readonly location: string;
  readonly fetch: string | undefined;
}

export interface ApplyLine {
  readonly line: string;
  /** What the line lacks, for people. */
  readonly remarks: readonly string[];
}

export function lineToApply({ object, execs, unknown }: PlannedObject, stored: Stored): ApplyLine {
  const commands = execs.map(renderForShell);
  const missing = [...new Set(execs.flatMap(listMissing))];
  return {
    line: readFrom(piecesOf(object), stored, commands),
    remarks: [
      ...(missing.length === 0
        ? []
        : [`first put in what only palhm knows: ${missing.join(', ')}`]),
      ...(unknown.length === 0
        ? []
        : ['no config knows these commands, nor their env, user and cwd: look at them first']),
    ],
  };
}

function readFrom(
  pieces: readonly string[],
  { location, fetch }: Stored,
  commands: readonly string[],
): string {
  const paths = pieces.map((piece) => quoteForShell(join(location, piece)));
  if (fetch !== undefined) return [fetch, ...commands].join(' | ');
  if (paths.length !== 1) return [`cat -- ${paths.join(' ')}`, ...commands].join(' | ');
  const [first = '', ...others] = commands;
  return [`${first} <${paths[0]}`, ...others].join(' | ');
}

/** As src/exec/command.ts starts it, but for priorities. */
export function renderForShell({ argv, env, user, cwd }: ExecPlan): string {
  const variables = [...env].map(([name, value]) =>
    quoteForShell(`${name}=${isHidden(name, value) ? nameOf(name) : renderValue(value)}`),
  );
  const command = [
    ...(user === undefined ? [] : becomeUser(quoteForShell(user))),
    ...(variables.length === 0 ? [] : ['env', ...variables]),
    ...argv.map((value, index) => quoteArgument(renderValue(value), index)),
  ].join(' ');
  return cwd === undefined ? command : `(cd -- ${quoteForShell(cwd)} && ${command})`;
}

/** A shell takes a first word with an unquoted "=" as an assignment. */
function quoteArgument(text: string, index: number): string {
  const word = quoteForShell(text);
  return index === 0 && word === text && word.includes('=') ? `'${word}'` : word;
}

function becomeUser(user: string): readonly string[] {
  return [
    `HOME="$(getent passwd ${user} | cut -d: -f6)" USER=${user} LOGNAME=${user}`,
    `setpriv --reuid ${user} --regid "$(id -g ${user})" --init-groups`,
  ];
}

export function listMissing(exec: ExecPlan): readonly string[] {
  const hidden = [...exec.env].filter(([name, value]) => isHidden(name, value));
  const facts = [...exec.argv, ...exec.env.values()].flatMap(factsIn);
  return [
    ...listReferences([exec]).map(({ value }) => renderValue(value)),
    ...facts.map(renderValue),
    ...hidden.map(([name]) => nameOf(name)),
  ];
}

function factsIn(value: Value): readonly Value[] {
  if (value.type === 'concat') return value.parts.flatMap(factsIn);
  return value.type === 'run' || value.type === 'snapshot' ? [value] : [];
}

/** A string of the config that looks like a secret. */
function isHidden(name: string, value: Value): boolean {
  return value.type === 'literal' && looksSecret(name, value.text);
}

function nameOf(name: string): string {
  return `\${the ${name} of the config}`;
}
