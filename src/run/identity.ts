/** Who palhm is and where it runs. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** The name of this host, in manifests and in the environment of stages. */
export const HOST = hostname();

/** What stages inherit, and where the references of a config look for variables. */
export const INHERITED: Readonly<Record<string, string | undefined>> = process.env;

/** The version of palhm, in manifests and for `--version`. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown';
}
