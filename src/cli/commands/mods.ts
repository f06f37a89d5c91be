/** `palhm mods`: what is built in. */

import { renderModules } from '../../report/modules-text.js';
import { BACKENDS } from '../../sink/registry.js';
import { writeJson } from '../../wire/json-text.js';
import { encodeModules } from '../../wire/modules.js';

export function mods({ json }: { readonly json: boolean }): void {
  const backends = Object.entries(BACKENDS).map(([name, { description }]) => ({
    name,
    description,
  }));
  const modules = { backends, snapshotProviders: [], notifiers: [] };
  process.stdout.write(json ? writeJson(encodeModules(modules)) : renderModules(modules));
}
