/** Refuses `{"run": "directory"}`, the scratch directory of a drill, outside of drills. */
import { type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';
import type { Value } from './value.js';

/** Reports a value that has such a reference. The place is the reference, or the `exec-id` of the exec that has it. */
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

/** The node of the word `directory` in the first such reference. */
function findMention(node: ConfigNode): ConfigNode | undefined {
  if (node.type === 'scalar') return undefined;
  const values =
    node.type === 'array' ? node.items : [...node.entries.values()].map(({ value }) => value);
  const own = node.type === 'object' ? node.entries.get('run')?.value : undefined;
  if (own?.type === 'scalar' && own.value === 'directory') return own;
  return values.map(findMention).find((found) => found !== undefined);
}
