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
 * at least one is found, and none is found twice.
 */
export function findCycles(graph: Dependencies): readonly (readonly string[])[] {
  return explore(graph).cycles;
}

/** A name with which a chain of more than `longest` names starts. The graph must have no circle. */
export function findLongChain(graph: Dependencies, longest: number): string | undefined {
  for (const [name, length] of explore(graph).lengths) if (length > longest) return name;
  return undefined;
}

const SHOWN = 10;

/** The names along a circle for people; of a long one the first and the last. */
export function showCycle(cycle: readonly string[]): string {
  const names =
    cycle.length > 2 * SHOWN ? [...cycle.slice(0, SHOWN), '…', ...cycle.slice(-SHOWN)] : cycle;
  return names.join(' → ');
}

interface Exploration {
  readonly graph: Dependencies;
  /** How long the longest chain is that starts with a name. Of all names that were visited, each after those it depends on. */
  readonly lengths: Map<string, number>;
  readonly cycles: string[][];
}

/** Without recursion: a chain may be too long for the stack. */
function explore(graph: Dependencies): Exploration {
  const exploration: Exploration = { graph, lengths: new Map(), cycles: [] };
  for (const start of graph.keys()) {
    if (!exploration.lengths.has(start)) walk(start, exploration);
  }
  return exploration;
}

interface Step {
  readonly name: string;
  /** How many of its dependencies have been visited. */
  next: number;
  length: number;
}

function walk(start: string, { graph, lengths, cycles }: Exploration): void {
  const path: Step[] = [{ name: start, next: 0, length: 1 }];
  const onPath = new Set([start]);
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const target = graph.get(step.name)?.[step.next];
    const known = target === undefined ? undefined : lengths.get(target);
    if (target === undefined) {
      path.pop();
      onPath.delete(step.name);
      lengths.set(step.name, step.length);
      continue;
    }
    if (known === undefined && !onPath.has(target)) {
      path.push({ name: target, next: 0, length: 1 });
      onPath.add(target);
      continue;
    }
    step.next += 1;
    step.length = Math.max(step.length, 1 + (known ?? 0));
    if (known === undefined) cycles.push(circleAt(target, path));
  }
}

function circleAt(name: string, path: readonly Step[]): string[] {
  const names = path.map((one) => one.name);
  return [...names.slice(names.indexOf(name)), name];
}
