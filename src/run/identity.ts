/** Which palhm this is. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** The version of palhm, in manifests and for `--version`. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown';
}

/** The text of the JSON Schema of the config. */
export function readSchema(): Promise<string> {
  return readFile(new URL('../../../schema/palhm.schema.json', import.meta.url), 'utf8');
}
