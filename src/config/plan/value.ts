/** Values of `argv` and `env`. References stay references: they are resolved when a stage starts. */
import { resolve } from 'node:path';
import { type Cursor, child, isSound, items } from '../check/cursor.js';
import type { Env, Value as ValueElement } from '../check/types.gen.js';
import type { Problems } from '../read/diagnostics.js';

/** A string, or where to get one when the stage starts. */
export type Value =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'env'; readonly name: string; readonly secret: boolean }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'credential'; readonly name: string }
  | { readonly type: 'run'; readonly what: RunFact }
  /** `of`: the volume, where it is named. */
  | { readonly type: 'snapshot'; readonly what: SnapshotFact; readonly of: string | undefined }
  | { readonly type: 'concat'; readonly parts: readonly Value[] };

/** `directory`: the scratch directory of a drill. */
export type RunFact = 'prefix' | 'task' | 'object' | 'host' | 'directory';

/** What is known of a snapshot, where its kind has it. */
export type SnapshotFact = 'path' | 'device' | 'name';

type Reference = Exclude<ValueElement, string>;

/** The values of a list. Those with errors are reported and left out. */
export function resolveValues(
  at: Cursor<readonly ValueElement[]> | undefined,
  problems: Problems,
): readonly Value[] {
  return items(at, problems).flatMap((item) => resolveValue(item, problems) ?? []);
}

export function resolveEnv(
  at: Cursor<Env> | undefined,
  problems: Problems,
): ReadonlyMap<string, Value> {
  const env = new Map<string, Value>();
  if (at === undefined) return env;
  for (const name of Object.keys(at.value)) {
    const element = child(at, name, problems);
    const value = element && resolveValue(element, problems);
    if (value !== undefined) env.set(name, value);
  }
  return env;
}

export function resolveValue(at: Cursor<ValueElement>, problems: Problems): Value | undefined {
  const { value, node } = at;
  if (!isSound(node, problems)) return undefined;
  return typeof value === 'string'
    ? { type: 'literal', text: value }
    : resolveReference({ value, node }, problems);
}

function resolveReference(
  { value, node }: Cursor<Reference>,
  problems: Problems,
): Value | undefined {
  if (value.env !== undefined) {
    return { type: 'env', name: value.env, secret: value.secret ?? true };
  }
  if (value.file !== undefined) {
    return { type: 'file', path: resolve(node.source.directory, value.file) };
  }
  if (value.credential !== undefined) return { type: 'credential', name: value.credential };
  if (value.run !== undefined) return { type: 'run', what: value.run };
  if (value.concat !== undefined) {
    const parts = resolveValues(child({ value, node }, 'concat', problems), problems);
    return { type: 'concat', parts };
  }
  return value.snapshot === undefined ? undefined : resolveSnapshotReference(value.snapshot);
}

const SNAPSHOT_FACTS = ['path', 'device', 'name'] as const;

/** The word alone, or an object with the word and the name of a volume. The schema knows no other. */
function resolveSnapshotReference(
  reference: NonNullable<Reference['snapshot']>,
): Value | undefined {
  const bare = SNAPSHOT_FACTS.find((fact) => fact === reference);
  if (bare !== undefined || typeof reference === 'string')
    return bare && { type: 'snapshot', what: bare, of: undefined };
  const what = SNAPSHOT_FACTS.find((fact) => reference[fact] !== undefined);
  return what && { type: 'snapshot', what, of: reference[what] };
}
