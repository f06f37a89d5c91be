/** Reads a config and whatever it includes, each file once. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { messageOf } from '../../failure/failure.js';
import { readSmallFile } from '../../host/small-file.js';
import { decodeUtf8, isGarbled } from '../../units/utf8.js';
import { type Problems, report } from './diagnostics.js';
import { findExposures } from './exposure.js';
import { emptyFootprint, type Footprint, noteContent } from './footprint.js';
import { expandGlob, isGlob } from './glob.js';
import { parseSource } from './parse.js';
import { type ConfigSource, type SourceFile, type Span, toFile, toSource } from './source.js';
import type { ConfigNode, ObjectNode } from './tree.js';

export interface Loaded {
  /** The source that was asked for, then every file in the order of reading. */
  readonly sources: readonly SourceFile[];
  /** One for each source that could be parsed. An included file comes before the one that includes it. */
  readonly trees: readonly ObjectNode[];
  /** Whether all sources could be read and parsed. If not, a missing id may be defined in one of the others. */
  readonly complete: boolean;
  readonly footprint: Footprint;
}

interface Loading {
  readonly problems: Problems;
  readonly footprint: Footprint;
  readonly sources: SourceFile[];
  readonly trees: ObjectNode[];
  /** Real paths of all files seen. */
  readonly seen: Set<string>;
  /** What lets others change a config. Each is told once. */
  readonly exposed: Set<string>;
  complete: boolean;
}

interface Inclusion {
  readonly path: string;
  readonly includedBy: Span | undefined;
  /** The sources that include each other down to this file, outermost first. */
  readonly chain: readonly Link[];
}

interface Link {
  readonly source: SourceFile;
  /** The path without symlinks; undefined for a text. */
  readonly real: string | undefined;
}

/** Does not throw: what cannot be read or parsed is reported. */
export async function loadFiles(from: ConfigSource, problems: Problems): Promise<Loaded> {
  const footprint = emptyFootprint();
  const loading: Loading = {
    problems,
    footprint,
    sources: [],
    trees: [],
    seen: new Set(),
    exposed: new Set(),
    complete: true,
  };
  if (from.type === 'file') {
    await loadFile({ path: resolve(from.path), includedBy: undefined, chain: [] }, loading);
  } else {
    const source = toSource(from.name, resolve(from.directory), withoutMark(from.text));
    await loadSource([{ source, real: undefined }], loading);
  }
  const { sources, trees, complete } = loading;
  return { sources, trees, complete, footprint };
}

/** How many files may include each other in a row, from the first one on. */
const LONGEST_CHAIN = 32;

async function loadFile(inclusion: Inclusion, loading: Loading): Promise<void> {
  const { path, includedBy, chain } = inclusion;
  if (chain.length >= LONGEST_CHAIN) {
    loading.complete = false;
    const message = `No more than ${LONGEST_CHAIN} config files may include each other in a row.`;
    report(loading.problems, { code: 'CONFIG_VALUE', message, at: includedBy });
    return;
  }
  const file = await readText(inclusion, loading);
  if (file === undefined) return;
  const { real } = file;
  await loadSource([...chain, { source: toFile(path, file.text, includedBy), real }], loading);
}

/** Parses the last source of a chain and loads what it includes. */
async function loadSource(chain: readonly Link[], loading: Loading): Promise<void> {
  const source = chain.at(-1)?.source;
  if (source === undefined) return;
  loading.sources.push(source);
  const tree = parseSource(source, loading.problems);
  if (tree === undefined) {
    loading.complete = false;
    return;
  }
  for (const item of includesOf(tree)) {
    for (const path of await pathsOf(item, loading)) {
      await loadFile({ path, includedBy: item, chain }, loading);
    }
  }
  loading.trees.push(tree);
}

/** The entries of `include`. Wrong types are left to validation. */
function includesOf(tree: ObjectNode): readonly ConfigNode[] {
  const include = tree.entries.get('include')?.value;
  return include?.type === 'array' ? include.items : [];
}

async function pathsOf(item: ConfigNode, loading: Loading): Promise<readonly string[]> {
  if (item.type !== 'scalar' || typeof item.value !== 'string' || item.value === '') return [];
  const { value: pattern } = item;
  const { directory } = item.source;
  if (!isGlob(pattern)) return [resolve(directory, pattern)];
  try {
    return await expandGlob(pattern, { directory, footprint: loading.footprint });
  } catch (error) {
    reportUnreadable({ name: pattern, error, at: item, loading });
    return [];
  }
}

/** In bytes. The largest config that is written by hand has a hundredth of it. */
export const LARGEST_CONFIG = 16 * 1024 ** 2;

/** Undefined when it is reported, or was read before. */
async function readText(
  inclusion: Inclusion,
  loading: Loading,
): Promise<{ text: string; real: string } | undefined> {
  const { path, includedBy } = inclusion;
  try {
    await noteContent(path, loading.footprint);
    const real = await realpath(path);
    await refuseDevice(real);
    if (!(await mayBeBelieved(inclusion, loading))) return undefined;
    if (inclusion.chain.some((link) => link.real === real))
      reportCycle(inclusion, real, loading.problems);
    if (loading.seen.has(real)) return undefined;
    loading.seen.add(real);
    const bytes = await readSmallFile(real, { largest: LARGEST_CONFIG, mayBePipe: true });
    const decoded = decodeUtf8(bytes);
    if (decoded.ok) return { real, text: withoutMark(decoded.value) };
    loading.complete = false;
    reportForeign(toFile(path, bytes.toString('utf8'), includedBy), decoded.problem, loading);
    return undefined;
  } catch (error) {
    reportUnreadable({ name: nameOf(path, includedBy), error, at: includedBy, loading });
    return undefined;
  }
}

/** Of /dev/null nobody should change the mode, as the advice for a config would be. */
async function refuseDevice(path: string): Promise<void> {
  const file = await stat(path);
  if (file.isCharacterDevice() || file.isBlockDevice())
    throw new Error('it is a device, which is no config');
}

/** False, and reported, when others may change the file and palhm runs as root. Any other user is warned. */
async function mayBeBelieved({ path, includedBy }: Inclusion, loading: Loading): Promise<boolean> {
  const uid = process.geteuid?.() ?? 0;
  const exposures = await findExposures(path, uid);
  for (const { path: exposed, why, remedy } of exposures) {
    if (loading.exposed.has(exposed)) continue;
    loading.exposed.add(exposed);
    const what = exposed === path ? '' : ` through ${exposed}`;
    const message = `The config file "${nameOf(path, includedBy)}" can be changed by others${what}: ${why}.`;
    if (uid === 0) {
      report(loading.problems, { code: 'CONFIG_WRITABLE', message, hint: remedy, at: includedBy });
    } else loading.problems.warnings.push(`${message} ${remedy}`);
  }
  if (uid !== 0 || exposures.length === 0) return true;
  loading.complete = false;
  return false;
}

/** One problem, wherever else the file has bytes that are not UTF-8. */
function reportForeign(source: SourceFile, problem: string, { problems }: Loading): void {
  const offset = Math.max(0, source.text.indexOf('\uFFFD'));
  report(problems, {
    code: 'CONFIG_SYNTAX',
    message: `The file ${problem}.`,
    hint: 'Save it as UTF-8.',
    at: { source, offset, length: 1 },
    // Nobody could read it.
    isSecret: offset === 0,
  });
}

/** A byte order mark is not JSON, but some editors write one. */
export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
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

/** A path as it may stand in the file that includes it. */
function nameOf(path: string, includedBy: Span | undefined): string {
  const name = includedBy === undefined ? path : relative(includedBy.source.directory, path);
  return name.startsWith('../../') ? path : name;
}

/** The message of a system error without the call and the path: "no such file or directory". */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  if (isGarbled(message)) return 'there is no such file, or a name on the way to it is not UTF-8';
  return /^[A-Z0-9]+: ([^,]+), /.exec(message)?.[1] ?? message;
}

function reportCycle(
  { chain, path, includedBy }: Inclusion,
  real: string,
  problems: Problems,
): void {
  const from = chain[0]?.source.directory ?? dirname(path);
  const start = chain.findIndex((link) => link.real === real);
  const names = [...chain.slice(start).map(({ source }) => source.name), path];
  report(problems, {
    code: 'CONFIG_INCLUDE_CYCLE',
    message: `Config files include each other in a circle: ${names.map((name) => relative(from, name)).join(' → ')}.`,
    at: includedBy,
  });
}
