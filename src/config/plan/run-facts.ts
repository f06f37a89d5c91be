/** Refuses references to what is not known where a program runs: the prefix of a copy, an object, the directory of a drill. */
import { type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';
import type { RunFact, Value } from './value.js';

/** What may be unknown: its name for people, and why it is. */
const UNKNOWN = {
  directory: { name: 'a scratch directory', why: 'only a drill has' },
  prefix: { name: 'the prefix of a copy', why: 'is not known here' },
  object: { name: 'the path of an object', why: 'is not known here' },
} as const satisfies Partial<Record<RunFact, { readonly name: string; readonly why: string }>>;

export type UnknownFact = keyof typeof UNKNOWN;

export interface Refusal {
  readonly facts: readonly UnknownFact[];
  readonly problems: Problems;
}

/** Reports values with such a reference. The place is the reference, or the `exec-id` of the exec that has it. */
export function refuseFacts(
  values: readonly Value[],
  node: ConfigNode,
  { facts, problems }: Refusal,
): void {
  const fact = facts.find((one) => values.some((value) => refersTo(value, one)));
  if (fact === undefined) return;
  const { name, why } = UNKNOWN[fact];
  const reference = `{"run": "${fact}"}`;
  const mention = findMention(node, fact);
  const pointer = node.type === 'object' ? node.entries.get('exec-id')?.value : undefined;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `${mention === undefined ? 'The exec uses' : 'This refers to'} ${name} (${reference}), which ${why}.`,
    at: mention ?? pointer ?? node,
  });
}

function refersTo(value: Value, fact: UnknownFact): boolean {
  if (value.type === 'concat') return value.parts.some((part) => refersTo(part, fact));
  return value.type === 'run' && value.what === fact;
}

/** The node of the word in the first such reference. */
function findMention(node: ConfigNode, fact: UnknownFact): ConfigNode | undefined {
  if (node.type === 'scalar') return undefined;
  const values =
    node.type === 'array' ? node.items : [...node.entries.values()].map(({ value }) => value);
  const own = node.type === 'object' ? node.entries.get('run')?.value : undefined;
  if (own?.type === 'scalar' && own.value === fact) return own;
  return values.map((value) => findMention(value, fact)).find((found) => found !== undefined);
}
