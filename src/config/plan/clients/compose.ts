/** A client's config as a task: its groups and objects, and all else as the host's config says. */
import type { Span } from '../../read/source.js';
import { type ConfigNode, type Entry, nodeOf, type ObjectNode } from '../../read/tree.js';

/** What the host's config says of the tasks of clients, as it stands there. */
export interface Template {
  readonly task: ObjectNode;
  readonly group: ObjectNode | undefined;
}

/** A task with this id in a directory of this name below the root, as the one task of a config. */
export function composeConfig(id: string, client: ObjectNode, template: Template): ObjectNode {
  const entries = new Map<string, Entry>([
    ...Object.entries({ id, type: 'backup' }).map(([key, value]) => entry(key, value, client)),
    ...template.task.entries,
    ...client.entries,
  ]);
  entries.delete('$schema');
  replace(entries, 'backend-param', (param) => belowRoot(param, id));
  const groups = composeGroups(client, template.group);
  if (groups !== undefined) entries.set('object-groups', groups);
  const task: ObjectNode = { ...client, entries };
  const tasks: ConfigNode = { ...spanOf(client), type: 'array', items: [task] };
  return { ...client, entries: new Map([['tasks', { key: client, value: tasks }]]) };
}

function entry(key: string, value: unknown, at: Span): [string, Entry] {
  return [key, { key: at, value: nodeOf(value, at) }];
}

function replace(
  entries: Map<string, Entry>,
  key: string,
  change: (value: ConfigNode) => ConfigNode,
): void {
  const before = entries.get(key);
  if (before !== undefined) entries.set(key, { ...before, value: change(before.value) });
}

function belowRoot(param: ConfigNode, name: string): ConfigNode {
  if (param.type !== 'object') return param;
  const entries = new Map(param.entries);
  replace(entries, 'root', (root) =>
    root.type === 'scalar' && typeof root.value === 'string'
      ? { ...root, value: `${root.value}/${name}` }
      : root,
  );
  return { ...param, entries };
}

/** The host's defaults hold for every group of the client, that of the objects without a group included. */
function composeGroups(client: ObjectNode, defaults: ObjectNode | undefined): Entry | undefined {
  const given = client.entries.get('object-groups');
  if (defaults === undefined || (given !== undefined && given.value.type !== 'array')) return given;
  const groups = given?.value.type === 'array' ? given.value.items : [];
  const items = groups.map((group) =>
    group.type === 'object'
      ? { ...group, entries: new Map([...defaults.entries, ...group.entries]) }
      : group,
  );
  const isNamed = groups.some((group) => textOf(group, 'id') === 'default');
  const implicit: ObjectNode = {
    ...defaults,
    entries: new Map([entry('id', 'default', client), ...defaults.entries]),
  };
  const all = isNamed || !hasObjectsWithoutGroup(client) ? items : [...items, implicit];
  const value: ConfigNode = { ...spanOf(given?.value ?? client), type: 'array', items: all };
  return { key: given?.key ?? client, value };
}

function hasObjectsWithoutGroup({ entries }: ObjectNode): boolean {
  const objects = entries.get('objects')?.value;
  const items = objects?.type === 'array' ? objects.items : [];
  return items.some((one) => (textOf(one, 'group') ?? 'default') === 'default');
}

function textOf(node: ConfigNode, key: string): unknown {
  const value = node.type === 'object' ? node.entries.get(key)?.value : undefined;
  return value?.type === 'scalar' ? value.value : undefined;
}

function spanOf({ source, offset, length }: Span): Span {
  return { source, offset, length };
}
