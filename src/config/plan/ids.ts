/** Ids: which elements have them, ids that are given twice, and ids that nothing has. */

import type { Cursor } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import { note, type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';

/**
 * The elements of an array by their `id`. Elements with errors are included: a reference to one of them is not an
 * unknown id. When two elements have the same id, the first is taken.
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
    else {
      report(problems, {
        code: 'CONFIG_DUPLICATE',
        message: `There is another ${kind} "${id.text}".`,
        at: id.node,
        notes: [note('first given at', idOf(before)?.node ?? before)],
      });
    }
  }
  return byId;
}

/** Reports an id that nothing has. `known` are the ids that exist, for a suggestion. */
export function reportUnknownId(
  at: Cursor<string>,
  message: string,
  { known, problems }: { readonly known: Iterable<string>; readonly problems: Problems },
): void {
  const hint = suggest(at.value, known);
  report(problems, { code: 'CONFIG_UNKNOWN_ID', message, hint, at: at.node });
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
