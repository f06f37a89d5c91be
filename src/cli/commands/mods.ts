/** `palhm mods`: what is built in. */
import { BACKENDS } from '../../sink/registry.js';
import { renderModules } from '../render/modules-text.js';

export function mods({ json }: { readonly json: boolean }): void {
  const backends = Object.entries(BACKENDS).map(([name, { description }]) => ({
    name,
    description,
  }));
  process.stdout.write(renderModules({ backends, snapshotProviders: [], notifiers: [] }, { json }));
}
