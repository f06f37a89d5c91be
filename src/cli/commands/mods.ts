/** `palhm mods`: what is built in. */

import { renderModules } from '../../report/modules-text.js';
import { BACKENDS } from '../../sink/registry.js';

export function mods({ json }: { readonly json: boolean }): void {
  const backends = Object.entries(BACKENDS).map(([name, { description }]) => ({
    name,
    description,
  }));
  process.stdout.write(renderModules({ backends, snapshotProviders: [], notifiers: [] }, { json }));
}
