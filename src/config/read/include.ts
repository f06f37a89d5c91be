/** Reads a config file and whatever it includes, each file once. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { messageOf } from '../../failure/failure.js';
import { expandGlob, isGlob } from './glob.js';
import { parseSource } from './parse.js';
import { type Problems, report } from './problems.js';
import { type SourceFile, type Span, toSource } from './source.js';
import type { ConfigNode, ObjectNode } from './tree.js';

/** All files, read. */
export interface Loaded {
  /** Every file that was read, the first given one first. */
  readonly sources: readonly SourceFile[];
  /** What could be parsed, an included file before the one that includes it. */
  readonly trees: readonly ObjectNode[];
  /** Whether everything could be read and parsed: only then is an id that is not found unknown. */
  readonly complete: boolean;
}

interface Loading {
  readonly problems: Problems;
  readonly sources: SourceFile[];
  readonly trees: ObjectNode[];
  /** Real paths of all files seen. */
  readonly seen: Set<string>;
  complete: boolean;
}

interface Request {
  readonly path: string;
  readonly includedBy: Span | undefined;
  /** The files that led here, outermost first. */
  readonly chain: readonly SourceLink[];
}

interface SourceLink {
  readonly path: string;
  readonly real: string;
}

/** Synchronous: a few small files, at a time when nothing else is to be done, and in half the time. */
export function loadFiles(file: string, problems: Problems): Loaded {
  const loading: Loading = { problems, sources: [], trees: [], seen: new Set(), complete: true };
  loadFile({ path: resolve(file), includedBy: undefined, chain: [] }, loading);
  const { sources, trees, complete } = loading;
  return { sources, trees, complete };
}

function loadFile(request: Request, loading: Loading): void {
  const file = readText(request, loading);
  if (file === undefined) return;
  if (request.chain.some((link) => link.real === file.real)) {
    reportCycle({ request, real: file.real, problems: loading.problems });
    return;
  }
  if (loading.seen.has(file.real)) return;
  loading.seen.add(file.real);
  const source = toSource(request.path, file.text, request.includedBy);
  loading.sources.push(source);
  const tree = parseSource(source, loading.problems);
  if (tree === undefined) {
    loading.complete = false;
    return;
  }
  const chain = [...request.chain, { path: request.path, real: file.real }];
  for (const item of includesOf(tree)) loadIncluded({ item, chain, loading });
  loading.trees.push(tree);
}

/** The entries of `include`; whatever else is there is found by validation. */
function includesOf(tree: ObjectNode): readonly ConfigNode[] {
  const include = tree.entries.get('include')?.value;
  return include?.type === 'array' ? include.items : [];
}

function loadIncluded(including: {
  readonly item: ConfigNode;
  readonly chain: readonly SourceLink[];
  readonly loading: Loading;
}): void {
  const { item, chain, loading } = including;
  if (item.type !== 'scalar' || typeof item.value !== 'string' || item.value === '') return;
  for (const path of pathsOf(item, item.value, loading)) {
    loadFile({ path, includedBy: item, chain }, loading);
  }
}

function pathsOf(item: ConfigNode, written: string, loading: Loading): readonly string[] {
  const from = dirname(item.source.path);
  if (!isGlob(written)) return [resolve(from, written)];
  try {
    return expandGlob(written, from);
  } catch (error) {
    reportUnreadable({ name: written, error, at: item, loading });
    return [];
  }
}

function readText(
  { path, includedBy }: Request,
  loading: Loading,
): { text: string; real: string } | undefined {
  try {
    const real = realpathSync.native(path);
    return { real, text: readFileSync(real, 'utf8').replace(/^\uFEFF/, '') };
  } catch (error) {
    reportUnreadable({ name: nameOf(path, includedBy), error, at: includedBy, loading });
    return undefined;
  }
}

function reportUnreadable(unreadable: {
  readonly name: string;
  readonly error: unknown;
  readonly at: Span | undefined;
  readonly loading: Loading;
}): void {
  const { name, error, at, loading } = unreadable;
  loading.complete = false;
  const message = `The config file "${name}" cannot be read: ${reasonOf(error)}.`;
  report(loading.problems, { code: 'CONFIG_NOT_FOUND', message, at });
}

/** A path as the file that includes it may have written it. */
function nameOf(path: string, includedBy: Span | undefined): string {
  const name = includedBy === undefined ? path : relative(dirname(includedBy.source.path), path);
  return name.startsWith('../../') ? path : name;
}

/** The words of an errno without the call and the path: "no such file or directory". */
function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return /^[A-Z0-9]+: ([^,]+), /.exec(message)?.[1] ?? message;
}

function reportCycle(cycle: { request: Request; real: string; problems: Problems }): void {
  const { chain, path, includedBy } = cycle.request;
  const [main] = chain;
  const from = dirname(main?.path ?? path);
  const start = chain.findIndex((link) => link.real === cycle.real);
  const names = [...chain.slice(start).map((link) => link.path), path];
  report(cycle.problems, {
    code: 'CONFIG_INCLUDE_CYCLE',
    message: `Config files include each other in a circle: ${names.map((name) => relative(from, name)).join(' → ')}.`,
    at: includedBy,
  });
}
