/** A container of LXD or Incus. */
import { resolve } from 'node:path';
import { type Cursor, child, items } from '../../check/cursor.js';
import type { LxdSnapshot } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { withSpan } from '../spans.js';
import type { LxdPlan, ProfileChange } from './sources.js';

export function resolveLxd(at: Cursor<LxdSnapshot>, problems: Problems): LxdPlan | undefined {
  const instance = child(at, 'instance', problems);
  if (instance === undefined) return undefined;
  const socket = child(at, 'socket', problems);
  const plan: LxdPlan = {
    type: 'lxd',
    instance: instance.value,
    project: child(at, 'project', problems)?.value,
    mode: child(at, 'mode', problems)?.value ?? 'clone',
    ephemeral: child(at, 'ephemeral', problems)?.value ?? true,
    profiles: items(child(at, 'profiles', problems), problems).map(({ value }) => change(value)),
    environment: child(at, 'environment', problems)?.value ?? {},
    socket: socket && resolve(socket.node.source.directory, socket.value),
    client: child(at, 'client', problems)?.value,
  };
  return withSpan(plan, instance.node);
}

/** The schema has checked the sign. */
function change(text: string): ProfileChange {
  return { action: text.startsWith('-') ? 'remove' : 'add', name: text.slice(1) };
}
