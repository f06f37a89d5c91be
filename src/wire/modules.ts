/** `palhm mods --json`: what is built in. */

export interface Module {
  readonly name: string;
  readonly description: string;
}

export interface Modules {
  readonly backends: readonly Module[];
  readonly snapshotProviders: readonly Module[];
  readonly notifiers: readonly Module[];
}

export type ModulesJson = Readonly<ReturnType<typeof encodeModules>>;

export function encodeModules({ backends, snapshotProviders, notifiers }: Modules) {
  return { backends, snapshot_providers: snapshotProviders, notifiers };
}
