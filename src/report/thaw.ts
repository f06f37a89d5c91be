/** What `palhm thaw` has found, for people. */
import { escapeControls } from '../units/escape.js';

interface FoundFreeze {
  readonly note: { readonly what: string; readonly since: string; readonly palhm: string };
  readonly state: 'alive' | 'thawed';
  readonly problems: readonly string[];
}

export function renderThaw(found: readonly FoundFreeze[]): string {
  if (found.length === 0) return 'nothing is frozen\n';
  return found.map((one) => `${renderOne(one)}\n`).join('');
}

function renderOne({ note, state, problems }: FoundFreeze): string {
  const what = `${escapeControls(note.what)}, frozen since ${escapeControls(note.since)}`;
  if (state === 'alive')
    return `left alone: ${what}, by process ${note.palhm.split('.')[0]}, which is alive`;
  return `${problems.length === 0 ? 'thawed' : 'NOT thawed'}: ${what}`;
}
