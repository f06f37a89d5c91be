/** Object groups: which there are, and an order in which each comes after those it depends on. */
import toposort from 'toposort';
import { child, items } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type { ObjectGroups } from '../check/types.gen.js';
import type { Cursor } from '../check/validate.js';
import { type Problems, report } from '../read/problems.js';
import { findCycles } from './cycles.js';
import { collectIds } from './ids.js';

export const DEFAULT_GROUP = 'default';

/** What each group depends on, in a good order. */
export type GroupOrder = ReadonlyMap<string, readonly string[]>;

/** The groups; an order only when nothing is wrong with them, which otherwise has been said. */
export function resolveGroups(
  at: Cursor<ObjectGroups> | undefined,
  problems: Problems,
): GroupOrder {
  const ids = new Set(collectIds(at?.node, 'group', problems).keys());
  const edges = new Map<string, Map<string, Cursor<string>>>();
  for (const group of items(at, problems)) {
    const id = child(group, 'id', problems)?.value;
    if (id === undefined) continue;
    const known = items(child(group, 'depends', problems), problems).filter((on) =>
      isKnown(on, ids, problems),
    );
    edges.set(id, new Map(known.map((on) => [on.value, on])));
  }
  ids.add(DEFAULT_GROUP);
  const graph = new Map([...ids].map((id) => [id, [...(edges.get(id)?.keys() ?? [])]]));
  const cycles = findCycles(graph);
  for (const cycle of cycles) reportCycle(cycle, edges, problems);
  return cycles.length === 0 ? inOrder(graph) : graph;
}

function isKnown(on: Cursor<string>, ids: ReadonlySet<string>, problems: Problems): boolean {
  if (ids.has(on.value) || on.value === DEFAULT_GROUP) return true;
  reportUnknownGroup(on, ids, problems);
  return false;
}

export function reportUnknownGroup(
  at: Cursor<string>,
  known: Iterable<string>,
  problems: Problems,
): void {
  report(problems, {
    code: 'CONFIG_UNKNOWN_ID',
    message: `There is no group "${at.value}" in this task.`,
    hint: suggest(at.value, known),
    at: at.node,
  });
}

function reportCycle(
  cycle: readonly string[],
  edges: ReadonlyMap<string, ReadonlyMap<string, Cursor<string>>>,
  problems: Problems,
): void {
  const [from = '', to = ''] = cycle;
  report(problems, {
    code: 'CONFIG_CYCLE',
    message: `Groups depend on each other in a circle: ${cycle.join(' → ')}.`,
    at: edges.get(from)?.get(to)?.node,
  });
}

function inOrder(graph: GroupOrder): GroupOrder {
  const edges = [...graph].flatMap(([id, depends]) =>
    depends.map((on): [string, string] => [on, id]),
  );
  const order = toposort.array([...graph.keys()], edges);
  return new Map(order.map((id) => [id, graph.get(id) ?? []]));
}
