/** Circles in what depends on what. */

/** From a name to the names it depends on. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/**
 * The circles in a graph, each as the names along it; the first is repeated at the end. At least one is found when
 * there is any, and none is found twice. Uses no recursion: a chain may be as long as the config is.
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
  /** How many of its dependencies have been followed. */
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
