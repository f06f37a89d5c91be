/**
 * Secrets are learnt before the first stage starts, not only when their own stage does: another one that runs before or
 * beside it may print them.
 */
import { stat } from 'node:fs/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import type { Value } from '../config/plan/value.js';
import { type Failure, failureOf } from '../failure/failure.js';
import { addPlace } from './command.js';
import type { Redactor } from './redactor.js';
import { learnVariable, onlySafe } from './secret-variables.js';
import { pathOfSecret, resolveValue, type SecretFile, type ValueSources } from './values.js';

/** Learns what these execs refer to. Returns a failure for each reference that nothing is found for, in their order. */
export async function learnSecrets(
  execs: readonly ExecPlan[],
  sources: ValueSources,
): Promise<readonly Failure[]> {
  for (const { env } of execs)
    for (const [name, value] of env) learnLiterals(name, value, sources.redactor);
  const failures = listReferences(execs).map(({ exec, value }) =>
    failureOf(() => learnReference(value, sources).catch(addPlace(exec))),
  );
  return (await Promise.all(failures)).filter((one) => one !== undefined);
}

function learnLiterals(name: string, value: Value, redactor: Redactor): void {
  if (value.type === 'literal') learnVariable(redactor, name, value.text);
  // A part is told from the others by nothing: of what cannot be replaced, nobody is told.
  if (value.type === 'concat')
    for (const part of value.parts) learnLiterals(name, part, onlySafe(redactor));
}

async function learnReference(value: Reference, sources: ValueSources): Promise<void> {
  // What comes through a pipe is there for the stage alone.
  const isLeft = value.type !== 'env' && (await isPipe(pathOfSecret(value, sources.inherited)));
  if (!isLeft) await resolveValue(value, sources);
}

/** The part of a value that is looked up. */
export type Reference = SecretFile | Extract<Value, { readonly type: 'env' }>;

export interface UsedReference {
  /** The first one that uses it. */
  readonly exec: ExecPlan;
  readonly value: Reference;
}

/** Each once. */
export function listReferences(execs: readonly ExecPlan[]): readonly UsedReference[] {
  const found = new Map<string, UsedReference>();
  for (const exec of execs)
    for (const value of [...exec.argv, ...exec.env.values()].flatMap(referencesIn)) {
      const key = JSON.stringify(value);
      if (!found.has(key)) found.set(key, { exec, value });
    }
  return [...found.values()];
}

function referencesIn(value: Value): readonly Reference[] {
  if (value.type === 'concat') return value.parts.flatMap(referencesIn);
  return isReference(value) ? [value] : [];
}

export function isReference(value: Value): value is Reference {
  return value.type === 'env' || value.type === 'file' || value.type === 'credential';
}

async function isPipe(path: string): Promise<boolean> {
  return await stat(path).then(
    (file) => file.isFIFO(),
    () => false,
  );
}
