/** Object groups: which there are, and an order in which each comes after those it depends on. */
import { type Cursor, child, items } from '../check/cursor.js';
import type { ObjectGroups } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import {
  type Dependencies,
  findCycles,
  findLongChain,
  inOrder,
  showCycle,
} from './dependencies.js';
import { collectIds, reportUnknownId } from './ids.js';

export const DEFAULT_GROUP = 'default';

/** How many groups may depend on each other in a row: toposort calls itself for each of them. */
const LONGEST_CHAIN = 1000;

/** What each group depends on. In order unless there is a circle, which is reported. */
export function resolveGroups(
  at: Cursor<ObjectGroups> | undefined,
  problems: Problems,
): Dependencies {
  const ids = new Set(collectIds(at?.node, 'group', problems).keys());
  const edges = new Map<string, Map<string, Cursor<string>>>();
  for (const group of items(at, problems)) {
    const id = child(group, 'id', problems)?.value;
    if (id === undefined) continue;
    const known = items(child(group, 'depends', problems), problems).filter((on) =>
      checkGroup(on, ids, problems),
    );
    edges.set(id, new Map(known.map((on) => [on.value, on])));
  }
  ids.add(DEFAULT_GROUP);
  const graph = new Map([...ids].map((id) => [id, [...(edges.get(id)?.keys() ?? [])]]));
  const cycles = findCycles(graph);
  for (const cycle of cycles) {
    const [from = '', to = ''] = cycle;
    report(problems, {
      code: 'CONFIG_CYCLE',
      message: `Groups depend on each other in a circle: ${showCycle(cycle)}.`,
      at: edges.get(from)?.get(to)?.node,
    });
  }
  if (cycles.length > 0) return graph;
  const first = findLongChain(graph, LONGEST_CHAIN);
  if (first === undefined) return inOrder(graph);
  const [next] = edges.get(first)?.values() ?? [];
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `Groups depend on each other in a chain of more than ${LONGEST_CHAIN}.`,
    at: next?.node,
  });
  return graph;
}

/** Reports a group that does not exist; false when it does not. */
export function checkGroup(
  at: Cursor<string>,
  ids: Pick<ReadonlySet<string>, 'has' | 'keys'>,
  problems: Problems,
): boolean {
  if (ids.has(at.value) || at.value === DEFAULT_GROUP) return true;
  const message = `There is no group "${at.value}" in this task.`;
  reportUnknownId(at, message, { known: ids.keys(), problems });
  return false;
}
