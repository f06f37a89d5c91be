/** The marker of a copy that is not whole: being made, or being removed. */
import { hostname } from 'node:os';
import { decode } from '../../wire/decode.js';
import { writeJsonLine } from '../../wire/json-text.js';
import type { CopyMarker } from '../../wire/own-files.js';
import { deleteBelow, deleteKey } from './keys.js';
import { MARKER_NAME } from './names.js';
import { type Store } from './store.js';
import { readText, writeText } from './texts.js';
import { abortUploadsBelow } from './upload/uploads.js';

export function renderMarker(state: CopyMarker['state'], run: string): string {
  const marker: CopyMarker = { state, run, host: hostname(), since: new Date().toISOString() };
  return writeJsonLine(marker);
}

/** What a marker says; undefined when it is empty, cut short or foreign. */
export function parseMarker(text: string): CopyMarker | undefined {
  const marker = decode('copy-marker', text);
  return marker.ok ? marker.value : undefined;
}

export async function readMarkerText(store: Store, base: string): Promise<string | undefined> {
  return (await readText(store, base + MARKER_NAME))?.text;
}

/**
 * Removes all that lies under the base of a copy. First the marker takes it out of every listing; it goes last, so that
 * whatever interrupts this is taken up by the next run that tidies up.
 */
export async function removeBelow(store: Store, base: string, run: string): Promise<void> {
  const marker = base + MARKER_NAME;
  await writeText(store, marker, renderMarker('removing', run));
  await abortUploadsBelow(store, base);
  await deleteBelow(store, base, marker);
  await deleteKey(store, marker);
}
