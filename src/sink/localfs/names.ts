/** The names of what palhm keeps in a root beside the copies. All of them are hidden. */
import { randomUUID } from 'node:crypto';
import { type Prefix, parsePrefix } from '../../copy/prefix.js';

export const LOCK_NAME = '.palhm-lock';

/** `config check --connect` writes a file with this name and removes it: `.palhm-probe-UUID`. */
export const PROBE_START = '.palhm-probe-';

const PARTIAL = '.palhm-partial.';
const TRASH = '.palhm-trash.';
const REMOVING = '.palhm-removing.';
const ID = /^[A-Za-z0-9-]+$/;

/** For a copy that is not committed yet: `.palhm-partial.RUN`. */
export function partialName(runId: string): string {
  if (!ID.test(runId)) throw new Error(`not the id of a run: ${JSON.stringify(runId)}`);
  return PARTIAL + runId;
}

/** For a copy that is being removed. */
export function trashName(): string {
  return TRASH + randomUUID();
}

/** Says that the copy of this name is being removed where it is, see `remove/removing-note.ts`. */
export function removingName(name: string): string {
  return REMOVING + name;
}

/** The copy that such a note is about. Undefined for any other name. */
export function prefixOfNote(name: string): Prefix | undefined {
  return name.startsWith(REMOVING) ? parsePrefix(name.slice(REMOVING.length)) : undefined;
}

/** The run that a partial directory belongs to. Undefined for any other name. */
export function runOfPartial(name: string): string | undefined {
  return idAfter(PARTIAL, name);
}

export function isTrash(name: string): boolean {
  return idAfter(TRASH, name) !== undefined;
}

function idAfter(start: string, name: string): string | undefined {
  if (!name.startsWith(start)) return undefined;
  const id = name.slice(start.length);
  return ID.test(id) ? id : undefined;
}
