/** The output of a command under `--json`: indented, one line break at the end. */
export function renderJson(data: unknown): string {
  return `${JSON.stringify(data, null, 2)}\n`;
}

/** Epoch milliseconds as ISO 8601, or null. */
export function isoOrNull(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
