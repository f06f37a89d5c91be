/** `{"run": "directory"}`, the scratch directory of a drill, where there is no drill. */

import { type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';
import type { Value } from './value.js';

/** Reports it when one of the values is or has such a reference: at the reference, or at the `exec-id` that leads to it. */
export function refuseScratchDirectory(
  values: readonly Value[],
  node: ConfigNode,
  problems: Problems,
): void {
  if (!values.some(isScratchDirectory)) return;
  const mention = findMention(node);
  const pointer = node.type === 'object' ? node.entries.get('exec-id')?.value : undefined;
  const what = mention === undefined ? 'The exec uses' : 'Only a drill has';
  const rest = mention === undefined ? ', which only a drill has.' : '.';
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `${what} a scratch directory ({"run": "directory"})${rest}`,
    at: mention ?? pointer ?? node,
  });
}

function isScratchDirectory(value: Value): boolean {
  if (value.type === 'concat') return value.parts.some(isScratchDirectory);
  return value.type === 'run' && value.what === 'directory';
}

/** The word `directory` of the first such reference in this part of the tree. */
function findMention(node: ConfigNode): ConfigNode | undefined {
  if (node.type === 'scalar') return undefined;
  const values =
    node.type === 'array' ? node.items : [...node.entries.values()].map(({ value }) => value);
  const own = node.type === 'object' ? node.entries.get('run')?.value : undefined;
  if (own?.type === 'scalar' && own.value === 'directory') return own;
  return values.map(findMention).find((found) => found !== undefined);
}
