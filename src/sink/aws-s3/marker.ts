/** The marker of a copy that is not whole: being made, or being removed. */
import { hostname } from 'node:os';
import { deleteBelow, deleteKey } from './keys.js';
import { MARKER_NAME } from './names.js';
import { type Store } from './store.js';
import { readText, writeText } from './texts.js';
import { abortUploadsBelow } from './upload/uploads.js';

interface Marker {
  readonly state: 'open' | 'removing';
  /** Of the run that makes the copy, or makes it go. */
  readonly run: string;
  readonly host: string;
  readonly since: string;
}

export function renderMarker(state: Marker['state'], run: string): string {
  const marker: Marker = { state, run, host: hostname(), since: new Date().toISOString() };
  return `${JSON.stringify(marker)}\n`;
}

/** What a marker says; undefined when it is empty, cut short or foreign. */
export function parseMarker(text: string): Pick<Marker, 'state' | 'run'> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('run' in value)) return undefined;
    if (typeof value.run !== 'string') return undefined;
    const removing = 'state' in value && value.state === 'removing';
    return { state: removing ? 'removing' : 'open', run: value.run };
  } catch {
    return undefined;
  }
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
