/** Ids: who has one, and who has one that is taken. */
import { note } from '../read/diagnostics.js';
import { type Problems, report } from '../read/problems.js';
import type { ConfigNode } from '../read/tree.js';

/**
 * The elements of an array by their `id`, whatever else may be wrong with them, so that an element that is wrong does
 * not make every mention of it unknown. Of two with one id the first stays.
 */
export function collectIds(
  array: ConfigNode | undefined,
  kind: string,
  problems: Problems,
): ReadonlyMap<string, ConfigNode> {
  const byId = new Map<string, ConfigNode>();
  const elements = array?.type === 'array' ? array.items : [];
  for (const element of elements) {
    const id = idOf(element);
    if (id === undefined) continue;
    const before = byId.get(id.text);
    if (before === undefined) byId.set(id.text, element);
    else reportTaken({ kind, id, before, problems });
  }
  return byId;
}

interface Id {
  readonly text: string;
  readonly node: ConfigNode;
}

function idOf(element: ConfigNode): Id | undefined {
  const node = element.type === 'object' ? element.entries.get('id')?.value : undefined;
  if (node?.type !== 'scalar' || typeof node.value !== 'string') return undefined;
  return { text: node.value, node };
}

function reportTaken(taken: {
  readonly kind: string;
  readonly id: Id;
  readonly before: ConfigNode;
  readonly problems: Problems;
}): void {
  const { kind, id, before, problems } = taken;
  report(problems, {
    code: 'CONFIG_DUPLICATE',
    message: `There is another ${kind} "${id.text}".`,
    at: id.node,
    notes: [note('first given at', idOf(before)?.node ?? before)],
  });
}
