/** What programs may refer to of a snapshot, and the refusal of the rest. */
import { suggest } from '../../check/suggest.js';
import { type Problems, report } from '../../read/diagnostics.js';
import type { ConfigNode } from '../../read/tree.js';
import type { SnapshotFact, Value } from '../value.js';
import type { Inside } from './sources.js';

/** What is known of a snapshot where a program runs. */
export interface KnownSnapshot {
  /** By the bare word: `{"snapshot": "path"}`. */
  readonly facts: readonly SnapshotFact[];
  /** By the name of a volume. Undefined when they could not be read: then none is unknown. */
  readonly volumes: ReadonlyMap<string, readonly SnapshotFact[]> | undefined;
  /** Where a program can run in place of the host. */
  readonly inside: readonly Inside[];
}

export const NO_SNAPSHOT: KnownSnapshot = { facts: [], volumes: new Map(), inside: [] };

type Reference = Extract<Value, { readonly type: 'snapshot' }>;

/** Reports the first value that refers to what is not known. The place is the reference, or the `exec-id` of the exec that has it. */
export function refuseReferences(
  values: readonly Value[],
  node: ConfigNode,
  { known, problems }: { readonly known: KnownSnapshot; readonly problems: Problems },
): void {
  const wrong = values.flatMap(referencesIn).find((one) => !isKnown(one, known));
  if (wrong === undefined) return;
  const mention = findMention(node, wrong);
  const pointer = node.type === 'object' ? node.entries.get('exec-id')?.value : undefined;
  const subject = mention === undefined ? 'The exec uses' : 'This refers to';
  report(problems, {
    code: 'CONFIG_VALUE',
    ...describe(wrong, known, subject),
    at: mention ?? pointer ?? node,
  });
}

function referencesIn(value: Value): readonly Reference[] {
  if (value.type === 'concat') return value.parts.flatMap(referencesIn);
  return value.type === 'snapshot' ? [value] : [];
}

function isKnown({ what, of }: Reference, { facts, volumes }: KnownSnapshot): boolean {
  if (of === undefined) return facts.includes(what);
  return volumes === undefined || volumes.get(of)?.includes(what) === true;
}

interface Refusal {
  readonly message: string;
  readonly hint?: string | undefined;
}

function describe({ what, of }: Reference, known: KnownSnapshot, subject: string): Refusal {
  const { facts } = known;
  const names = [...(known.volumes?.keys() ?? [])];
  const named = names.map((name) => `"${name}"`);
  const word = of === undefined ? `"${what}"` : `{"${what}": "${of}"}`;
  const message = `${subject} the ${what} of a snapshot ({"snapshot": ${word}}), which`;
  const having = names.filter((name) => known.volumes?.get(name)?.includes(what) === true);
  const [first = names[0]] = having;
  if (of === undefined && names.length > 1)
    return {
      message: `${message} has ${having.length > 1 ? having.length : names.length} volumes.`,
      hint: `Name one: {"snapshot": {"${what}": "${first}"}}.`,
    };
  if (of === undefined || (names.length === 0 && facts.length === 0))
    return { message: `${message} is not known here.` };
  if (names.length === 0)
    return {
      message: `${message} has no volumes with names.`,
      hint: facts.includes(what) ? `Leave the name out: {"snapshot": "${what}"}.` : undefined,
    };
  if (names.includes(of)) return { message: `${message} has no ${what} of this volume.` };
  return {
    message: `${message} has no such volume.`,
    hint: suggest(of, names) ?? `Its volumes are: ${named.join(', ')}.`,
  };
}

/** The node of the word, or of the name of the volume, in the first such reference. */
function findMention(node: ConfigNode, wanted: Reference): ConfigNode | undefined {
  if (node.type === 'scalar') return undefined;
  const values =
    node.type === 'array' ? node.items : [...node.entries.values()].map(({ value }) => value);
  const { what, of } = wanted;
  const own = node.type === 'object' ? node.entries.get('snapshot')?.value : undefined;
  const named = own?.type === 'object' ? own.entries.get(what)?.value : own;
  if (
    named?.type === 'scalar' &&
    (own === named) === (of === undefined) &&
    named.value === (of ?? what)
  )
    return named;
  return values.map((value) => findMention(value, wanted)).find((found) => found !== undefined);
}
