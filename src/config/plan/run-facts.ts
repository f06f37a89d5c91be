/** Refuses references to facts of the run that are not known where a program runs: the prefix of a copy, an object, … */
import { type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';
import type { Value } from './value.js';

/** What may be unknown, as the key and the word of the reference: its name for people, and why it is unknown. */
const UNKNOWN = {
  'run:directory': { name: 'a scratch directory', why: 'only a drill has' },
  'run:prefix': { name: 'the prefix of a copy', why: 'is not known here' },
  'run:object': { name: 'the path of an object', why: 'is not known here' },
} as const;

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
  const [key = '', word = ''] = fact.split(':');
  const reference = `{"${key}": "${word}"}`;
  const mention = findMention(node, key, word);
  const pointer = node.type === 'object' ? node.entries.get('exec-id')?.value : undefined;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `${mention === undefined ? 'The exec uses' : 'This refers to'} ${name} (${reference}), which ${why}.`,
    at: mention ?? pointer ?? node,
  });
}

function refersTo(value: Value, fact: UnknownFact): boolean {
  if (value.type === 'concat') return value.parts.some((part) => refersTo(part, fact));
  return 'what' in value && `${value.type}:${value.what}` === fact;
}

/** The node of the word in the first such reference. */
function findMention(node: ConfigNode, key: string, word: string): ConfigNode | undefined {
  if (node.type === 'scalar') return undefined;
  const values =
    node.type === 'array' ? node.items : [...node.entries.values()].map(({ value }) => value);
  const own = node.type === 'object' ? node.entries.get(key)?.value : undefined;
  if (own?.type === 'scalar' && own.value === word) return own;
  return values.map((value) => findMention(value, key, word)).find((found) => found !== undefined);
}
