/** What depends on what: circles in it, and an order without circles. */
import toposort from 'toposort';

/** From a name to the names that it depends on. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** The same names, each after those that it depends on. The graph must have no circle. */
export function inOrder(graph: Dependencies): Dependencies {
  const edges = [...graph].flatMap(([name, depends]) =>
    depends.map((on): [string, string] => [on, name]),
  );
  const order = toposort.array([...graph.keys()], edges);
  return new Map(order.map((name) => [name, graph.get(name) ?? []]));
}

/**
 * The circles in a graph, each as the names along it, with the first name once more at the end. When there are circles
 * at least one is found, and none is found twice. Without recursion: a chain may be too long for the stack.
 */
export function findCycles(graph: Dependencies): readonly (readonly string[])[] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  for (const start of graph.keys()) {
    if (!done.has(start)) walk({ start, graph, done, cycles });
  }
  return cycles;
}

interface Step {
  readonly name: string;
  /** How many of its dependencies have been visited. */
  next: number;
}

function walk(search: {
  readonly start: string;
  readonly graph: Dependencies;
  readonly done: Set<string>;
  readonly cycles: string[][];
}): void {
  const { graph, done, cycles } = search;
  const path: Step[] = [{ name: search.start, next: 0 }];
  const onPath = new Set([search.start]);
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const target = graph.get(step.name)?.[step.next++];
    if (target === undefined) {
      path.pop();
      onPath.delete(step.name);
      done.add(step.name);
    } else if (onPath.has(target)) {
      const names = path.map((one) => one.name);
      cycles.push([...names.slice(names.indexOf(target)), target]);
    } else if (!done.has(target)) {
      path.push({ name: target, next: 0 });
      onPath.add(target);
    }
  }
}
