/** `palhm mods`: what is built in. */

import { renderJson } from '../wire/json-text.js';
import { renderTable } from './text.js';

export interface Module {
  readonly name: string;
  readonly description: string;
}

export interface Modules {
  readonly backends: readonly Module[];
  readonly snapshotProviders: readonly Module[];
  readonly notifiers: readonly Module[];
}

export function renderModules(modules: Modules, { json }: { readonly json: boolean }): string {
  if (json) {
    return renderJson({
      backends: modules.backends,
      snapshot_providers: modules.snapshotProviders,
      notifiers: modules.notifiers,
    });
  }
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
