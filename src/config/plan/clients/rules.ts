/** What the host's config allows a client: for all of them under "allow", for one under "allow-client". */

import { type Cursor, child, items } from '../../check/cursor.js';
import { suggest } from '../../check/suggest.js';
import type { ClientAllow, Clients } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { reportUnknownId } from '../ids.js';

/** Names are also the names of files and directories, and arguments of programs: nothing that means something to any of them. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isClientName(name: string): boolean {
  return NAME.test(name);
}

export interface ClientRules {
  /** The execs that may be run as they are. */
  readonly execs: ReadonlySet<string>;
  /** Those of them that may be given arguments. */
  readonly append: ReadonlySet<string>;
  /** Patterns of snapshots: plain JSON. */
  readonly snapshots: readonly unknown[];
}

/** `clients` has no error. */
export function rulesOf(clients: Clients, name: string): ClientRules {
  const own = clients['allow-client'];
  // "constructor" is a name like any other.
  const allowed = own !== undefined && Object.hasOwn(own, name) ? own[name] : undefined;
  const both = [clients.allow ?? {}, allowed ?? {}];
  const append = both.flatMap((one) => one.append ?? []);
  return {
    execs: new Set([...both.flatMap((one) => one.execs ?? []), ...append]),
    append: new Set(append),
    snapshots: both.flatMap((one) => one.snapshots ?? []),
  };
}

/** Reports the execs that are allowed and that there are not. `known` is undefined when nobody knows. */
export function checkRules(
  clients: Cursor<Clients>,
  known: ReadonlyMap<string, unknown> | undefined,
  problems: Problems,
): void {
  const own = child(clients, 'allow-client', problems);
  const ofOne = Object.keys(own?.value ?? {}).map((name) => own && child(own, name, problems));
  for (const allow of [child(clients, 'allow', problems), ...ofOne])
    if (allow !== undefined && known !== undefined) checkExecs(allow, known, problems);
}

function checkExecs(
  allow: Cursor<ClientAllow>,
  known: ReadonlyMap<string, unknown>,
  problems: Problems,
): void {
  for (const key of ['execs', 'append'] as const)
    for (const id of items(child(allow, key, problems), problems))
      if (!known.has(id.value))
        reportUnknownId(id, `There is no exec "${id.value}".`, { known: known.keys(), problems });
}

export function suggestFor(name: string, known: Iterable<string>): string {
  const names = [...known];
  const list = names.length === 0 ? 'none' : names.map((one) => `"${one}"`).join(', ');
  return suggest(name, names) ?? `It may name: ${list}.`;
}
