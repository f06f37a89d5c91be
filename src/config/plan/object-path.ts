/** Checks the paths of the objects of a task: each by itself, and that no two collide. */
import { findPathFault, isOwnPath, type PathFault } from '../../copy/object-path.js';
import { parsePrefix } from '../../copy/prefix.js';
import { shorten } from '../../units/shorten.js';
import type { Cursor } from '../check/cursor.js';
import { note, type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';

/** NAME_MAX of Linux (limits.h): the longest name in a directory, in bytes. */
const LONGEST_NAME = 255;

/** Leaves room in PATH_MAX of Linux for the root and the prefix, also where a copy is restored to. */
const LONGEST_PATH = 3072;

/** How many bytes a path may have in a sink, and why no more. */
export interface PathLimit {
  readonly bytes: number;
  /** Follows a colon. */
  readonly because: string;
}

/** What is wrong with a path, to follow it in a sentence. */
const FAULTS: Readonly<Record<Exclude<PathFault, 'nul'>, string>> = {
  empty: 'is empty',
  absolute: 'is absolute: it must be relative to the copy',
  'ends-in-slash': 'ends in "/": it must name a file',
  parent: 'climbs out with ".."',
  dot: 'has a component "."',
  'double-slash': 'has an empty component "//"',
  own: 'begins with ".palhm-", which is kept for palhm itself',
};

/** Undefined when nothing is wrong. */
export function findPathProblem(path: string): string | undefined {
  const fault = findPathFault(path);
  // The parser reports a NUL in any string.
  if (fault === 'nul') return undefined;
  if (fault !== undefined) return FAULTS[fault];
  if (Buffer.byteLength(path) > LONGEST_PATH) return `is longer than ${LONGEST_PATH} bytes`;
  const names = path.split('/');
  if (names.some((name) => Buffer.byteLength(name) > LONGEST_NAME))
    return `has a component longer than ${LONGEST_NAME} bytes`;
  return names.some(isOwnPath) || names.slice(0, -1).some(isCopyName) ? ROOT_IN_COPY : undefined;
}

function isCopyName(name: string): boolean {
  return parsePrefix(name) !== undefined;
}

const ROOT_IN_COPY =
  'has a component that begins with ".palhm-" or is the name of a copy: the copy would seem to hold a root of its own';

/** Reports what is wrong with a path by itself; false when something is. */
function checkPath(at: Cursor<string>, problems: Problems): boolean {
  const problem = findPathProblem(at.value);
  if (problem === undefined) return true;
  const message = `The path "${shorten(at.value, 60)}" ${problem}.`;
  report(problems, { code: 'CONFIG_PATH', message, at: at.node });
  return false;
}

/** Reports every path that no object may have, that is too long for its sink, that is given twice, or that is below the path of another object. */
export function checkPaths(
  paths: readonly Cursor<string>[],
  limit: PathLimit | undefined,
  problems: Problems,
): void {
  const sound = paths.filter((path) => checkPath(path, problems));
  if (limit !== undefined) for (const path of sound) checkLength(path, limit, problems);
  reportCollisions(sound, problems);
}

function checkLength(
  { value, node }: Cursor<string>,
  { bytes, because }: PathLimit,
  problems: Problems,
): void {
  const length = Buffer.byteLength(value);
  if (length <= bytes) return;
  const message = `The path "${shorten(value, 60)}" has ${length} bytes, ${Math.max(0, bytes)} at most are possible here: ${because}.`;
  report(problems, { code: 'CONFIG_PATH', message, at: node });
}

function reportCollisions(paths: readonly Cursor<string>[], problems: Problems): void {
  const byPath = new Map<string, ConfigNode>();
  for (const { value, node } of paths) {
    const before = byPath.get(value);
    if (before === undefined) byPath.set(value, node);
    else
      reportCollision({ message: `The path "${value}" is given twice.`, node, before, problems });
  }
  for (const [path, node] of byPath) {
    const above = parentsOf(path).find((parent) => byPath.has(parent));
    const before = above === undefined ? undefined : byPath.get(above);
    if (before === undefined) continue;
    const message = `The path "${path}" is below "${above}", which is an object, not a directory.`;
    reportCollision({ message, node, before, problems });
  }
}

function reportCollision(collision: {
  readonly message: string;
  readonly node: ConfigNode;
  readonly before: ConfigNode;
  readonly problems: Problems;
}): void {
  const { message, node, before, problems } = collision;
  const notes = [note('the other one is at', before)];
  report(problems, { code: 'CONFIG_PATH', message, at: node, notes });
}

/** `a/b/c`: `a`, `a/b`. */
function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    parents.push(path.slice(0, at));
  }
  return parents;
}
