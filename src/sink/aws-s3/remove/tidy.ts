/** Removes what dead runs left in a root. It is called under the lock, so no copy with a marker belongs to a living run. */
import { randomUUID } from 'node:crypto';
import { parsePrefix } from '../../../copy/prefix.js';
import type { Emit } from '../../../events/events.js';
import { Failure } from '../../../failure/failure.js';
import { endProcessesOfDeadRun } from '../../../host/run-processes.js';
import type { Leftover } from '../../sink.js';
import { type Store, urlOf } from '../bucket/store.js';
import { type FoundEntry, readEntries } from '../list/entries.js';
import { parseMarker, readMarkerText, removeBelow } from '../marker.js';
import { copyBase } from '../names.js';

export async function tidyRoot(store: Store, emit: Emit): Promise<readonly Leftover[]> {
  const { entries } = await readEntries(store, store.base);
  const leftovers: Leftover[] = [];
  for (const entry of entries) {
    const leftover = entry.hasMarker
      ? await tidyEntry(store, entry).catch(warnIfAlive(entry.name, emit))
      : undefined;
    if (leftover !== undefined) leftovers.push(leftover);
  }
  return leftovers;
}

/** Anybody who may write to the bucket can name any run in a marker. */
function warnIfAlive(name: string, emit: Emit): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Failure) || error.code !== 'LOCKED') throw error;
    const message = `what a run that died left behind cannot be removed: ${name}`;
    emit({ type: 'warning', message, details: [error.message] });
  };
}

async function tidyEntry(store: Store, { name }: FoundEntry): Promise<Leftover | undefined> {
  const prefix = parsePrefix(name);
  if (prefix === undefined) return undefined;
  const base = copyBase(store.base, prefix);
  const text = await readMarkerText(store, base);
  if (text === undefined) return undefined;
  const marker = parseMarker(text);
  const wasOpen = marker?.state !== 'removing';
  // First end the stages that may still write there.
  const processes = wasOpen && marker !== undefined ? await endProcessesOfDeadRun(marker.run) : 0;
  await removeBelow(store, base, `tidy-${randomUUID()}`);
  const what = wasOpen
    ? `the unfinished copy of run ${marker?.run ?? '?'}, ${urlOf(store, base)}`
    : `the rest of a copy that was being removed, ${urlOf(store, base)}`;
  return { what, processes };
}
