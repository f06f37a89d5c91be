/** JSON as palhm writes it. */

/** The output of a command under `--json`, and files that people read too: indented, one line break at the end. */
export function writeJson(data: unknown): string {
  return `${JSON.stringify(data, null, 2)}\n`;
}

/**
 * One line, with every control character escaped: JSON.stringify leaves DEL and the C1 controls as they are, and some
 * terminals obey the latter.
 */
export function writeJsonLine(data: unknown): string {
  const text = JSON.stringify(data).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}

/** Epoch milliseconds as ISO 8601, or null. */
export function isoOrNull(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
