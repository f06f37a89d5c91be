/** JSON as palhm writes it. */
import { escapeJson } from '../units/escape.js';

/** For documents: indented, with a final line break. Signatures are made of this text, so it stays as it is. */
export function writeJson(data: unknown): string {
  return `${JSON.stringify(data, null, 2)}\n`;
}

/** One line, harmless to a terminal: JSON.stringify escapes neither DEL and the C1 controls nor what turns the writing round. */
export function writeJsonLine(data: unknown): string {
  return `${escapeJson(JSON.stringify(data))}\n`;
}

/** Epoch milliseconds as ISO 8601, or null. */
export function isoOrNull(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
