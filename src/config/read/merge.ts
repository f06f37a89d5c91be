/** Merges the trees of several files into one, as if they were one file. */
import { note, type Problems, report } from './diagnostics.js';
import type { Span } from './source.js';
import { type ArrayNode, describeType, type Entry, type ObjectNode } from './tree.js';

const CONCATENATED = new Set(['include', 'modules', 'execs', 'tasks', 'mail-to']);

/**
 * Arrays are joined. Of other values the last one wins: a later include over an earlier one, and the including file,
 * which comes last, over both. Every node still knows its file.
 */
export function mergeTrees(trees: readonly ObjectNode[], problems: Problems): ObjectNode {
  const last = trees.at(-1);
  if (last === undefined) throw new Error('there is no tree to merge');
  const entries = new Map<string, Entry>();
  for (const tree of trees) mergeInto(entries, tree, problems);
  return { ...last, entries };
}

function mergeInto(merged: Map<string, Entry>, tree: ObjectNode, problems: Problems): void {
  for (const [key, entry] of tree.entries) {
    const before = merged.get(key);
    merged.set(key, before === undefined ? entry : mergeEntry({ key, before, entry, problems }));
  }
}

function mergeEntry(pair: {
  readonly key: string;
  readonly before: Entry;
  readonly entry: Entry;
  readonly problems: Problems;
}): Entry {
  const { key, before, entry, problems } = pair;
  if (CONCATENATED.has(key)) return mergeArrays(pair);
  if (key === 'boot-report') return mergeReports(pair);
  if (key === 'mua') reportSecond(problems, entry.key, before.key);
  return entry;
}

function mergeArrays({ key, before, entry, problems }: Parameters<typeof mergeEntry>[0]): Entry {
  const first = before.value;
  const second = entry.value;
  if (first.type !== 'array')
    return keepSound({ key, wanted: 'an array', wrong: before, other: entry, problems });
  if (second.type !== 'array')
    return keepSound({ key, wanted: 'an array', wrong: entry, other: before, problems });
  const value: ArrayNode = { ...second, items: [...first.items, ...second.items] };
  return { key: entry.key, value };
}

function mergeReports({ key, before, entry, problems }: Parameters<typeof mergeEntry>[0]): Entry {
  const first = before.value;
  const second = entry.value;
  if (first.type !== 'object')
    return keepSound({ key, wanted: 'an object', wrong: before, other: entry, problems });
  if (second.type !== 'object')
    return keepSound({ key, wanted: 'an object', wrong: entry, other: before, problems });
  return { key: entry.key, value: mergeTrees([first, second], problems) };
}

/** Reports a value that cannot be merged. Validation sees only the other one. */
function keepSound(pair: {
  readonly key: string;
  readonly wanted: string;
  readonly wrong: Entry;
  readonly other: Entry;
  readonly problems: Problems;
}): Entry {
  const { key, wanted, wrong, other, problems } = pair;
  const message = `"${key}" must be ${wanted}, not ${describeType(wrong.value)}.`;
  report(problems, { code: 'CONFIG_VALUE', message, at: wrong.value });
  return other;
}

function reportSecond(problems: Problems, at: Span, before: Span): void {
  report(problems, {
    code: 'CONFIG_DUPLICATE',
    message: '"mua" may be given once in all files.',
    at,
    notes: [note('first given at', before)],
  });
}
