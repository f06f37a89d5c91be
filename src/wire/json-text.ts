/** JSON as palhm writes it. */

/** For the output of a command with `--json`, and for files that people may read: indented, with a final line break. */
export function writeJson(data: unknown): string {
  return `${JSON.stringify(data, null, 2)}\n`;
}

/**
 * One line, with every control character escaped: JSON.stringify does not escape DEL and the C1 controls, and some
 * terminals obey C1 controls.
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
