/** The known name that is nearest to an unknown one. */

/** A hint such as `Did you mean "root"?`, or undefined when no known name is near. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  const nearest = findNearest(name, known);
  return nearest === undefined ? undefined : `Did you mean "${nearest}"?`;
}

/** Undefined when more than a third of the name would have to change. */
export function findNearest(name: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const longer = names.filter((one) => name.length > 2 && one.startsWith(name));
  const [shortest] = longer.toSorted((a, b) => a.length - b.length);
  if (shortest !== undefined) return shortest;
  const allowed = Math.max(1, Math.floor(name.length / 3));
  let nearest: string | undefined;
  let least = allowed + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** How many insertions, deletions, replacements and swaps of neighbours turn one text into the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
