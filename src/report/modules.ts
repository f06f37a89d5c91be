/** `palhm mods`: what is built in. */
import type { Module, Modules } from '../wire/modules.js';
import { renderTable } from './text.js';

export function renderModules(modules: Modules): string {
  const rows = [
    ...rowsOf('backend', modules.backends),
    ...rowsOf('snapshot provider', modules.snapshotProviders),
    ...rowsOf('notifier', modules.notifiers),
  ];
  return `${renderTable(rows, ['left', 'left', 'left']).join('\n')}\n`;
}

function rowsOf(kind: string, modules: readonly Module[]): readonly (readonly string[])[] {
  if (modules.length === 0) return [[kind, 'none', '']];
  return modules.map(({ name, description }) => [kind, name, description]);
}
