/** The effective config, with the origin of each part. */
import { escapeControls, escapeJson } from '../units/escape.js';
import { loadConfig } from './load.js';
import { showFile } from './read/render-diagnostics.js';
import { hideSecrets } from './read/secrecy.js';
import { type ConfigSource, placeOf, type Span, textOf } from './read/source.js';
import type { ArrayNode, ConfigNode, Entry } from './read/tree.js';

/** Arrays whose elements may come from several files. */
const GATHERED = new Set(['execs', 'tasks']);

/** Keys without effect in a merged config. */
const OMITTED = new Set(['$schema', 'include']);

const WIDTH = 100;

/**
 * The merged config as JSONC, a comment `// from FILE:LINE` before every top-level key, exec and task. References are
 * printed as references, and what is secret as `…`. Ends with a newline. ConfigErrors when the config is wrong.
 */
export async function showConfig(source: ConfigSource): Promise<string> {
  const { tree } = await loadConfig(source);
  const entries = [...hideSecrets(tree).entries].filter(([key]) => !OMITTED.has(key));
  const blocks = entries.map(([key, entry]) => showEntry(key, entry));
  return blocks.length === 0 ? '{}\n' : escapeJson(`{\n${blocks.join(',\n')}\n}\n`);
}

function showEntry(key: string, { key: at, value }: Entry): string {
  if (GATHERED.has(key) && value.type === 'array') return showGathered(key, value);
  return `  ${originOf(at)}\n  ${JSON.stringify(key)}: ${showNode(value, 2)}`;
}

function showGathered(key: string, { items }: ArrayNode): string {
  const parts = items.map((item) => `    ${originOf(item)}\n    ${showNode(item, 4)}`);
  const body = parts.length === 0 ? '[]' : `[\n${parts.join(',\n')}\n  ]`;
  return `  ${JSON.stringify(key)}: ${body}`;
}

function originOf(at: Span): string {
  const { file, line } = placeOf(at);
  return `// from ${escapeControls(showFile(file, process.cwd()))}:${line}`;
}

/** A tree as JSON, on one line where it fits. Numbers and strings keep the spelling that they have in the config. */
function showNode(node: ConfigNode, indent: number): string {
  if (node.type === 'scalar') return textOf(node);
  const inline = showInline(node);
  if (indent + inline.length <= WIDTH) return inline;
  const inner = ' '.repeat(indent + 2);
  const [open, close] = node.type === 'array' ? '[]' : '{}';
  const parts =
    node.type === 'array'
      ? node.items.map((item) => showNode(item, indent + 2))
      : [...node.entries].map(
          ([key, { value }]) => `${JSON.stringify(key)}: ${showNode(value, indent + 2)}`,
        );
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${' '.repeat(indent)}${close}`;
}

function showInline(node: ConfigNode): string {
  if (node.type === 'scalar') return textOf(node);
  if (node.type === 'array') return `[${node.items.map(showInline).join(', ')}]`;
  const entries = [...node.entries].map(
    ([key, { value }]) => `${JSON.stringify(key)}: ${showInline(value)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
