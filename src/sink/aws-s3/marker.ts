/** The marker: an object beside every copy that is not complete, because it is being made or being removed. */
import { hostname } from 'node:os';
import { decode } from '../../wire/decode.js';
import { writeJsonLine } from '../../wire/json-text.js';
import type { CopyMarker } from '../../wire/own-files.js';
import { deleteBelow, deleteKey } from './bucket/keys.js';
import { type Store } from './bucket/store.js';
import { readText, writeText } from './bucket/texts.js';
import { MARKER_NAME } from './names.js';
import { abortUploadsBelow } from './upload/uploads.js';

export function renderMarker(state: CopyMarker['state'], run: string): string {
  const marker: CopyMarker = { state, run, host: hostname(), since: new Date().toISOString() };
  return writeJsonLine(marker);
}

/** Undefined for a text that is empty, incomplete or not from palhm. */
export function parseMarker(text: string): CopyMarker | undefined {
  const marker = decode('copy-marker', text);
  return marker.ok ? marker.value : undefined;
}

export async function readMarkerText(store: Store, base: string): Promise<string | undefined> {
  return (await readText(store, base + MARKER_NAME))?.text;
}

/**
 * Removes everything below the base of a copy. The marker is written first, which takes the copy out of every listing, and
 * removed last. When this is interrupted, the next `tidy` finds the marker and goes on.
 */
export async function removeBelow(store: Store, base: string, run: string): Promise<void> {
  const marker = base + MARKER_NAME;
  await writeText(store, marker, renderMarker('removing', run));
  await abortUploadsBelow(store, base);
  await deleteBelow(store, base, marker);
  await deleteKey(store, marker);
}
