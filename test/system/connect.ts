/** `palhm config check --connect --json`, read. */
import { type PalhmOptions, runPalhm } from '../rig/palhm.js';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'note';
  readonly right: string | null;
  readonly detail: string;
  readonly hint: string | null;
}

export interface Checked {
  readonly code: number | null;
  readonly ok: boolean;
  /** Of all tasks. */
  readonly checks: readonly Check[];
  readonly stderr: string;
}

export async function checkSinks(config: string, options?: PalhmOptions): Promise<Checked> {
  const args = ['-f', config, 'config', 'check', '--connect', '--json'];
  const { code, stdout, stderr } = await runPalhm(args, options);
  const { ok, tasks } = JSON.parse(stdout) as { ok: boolean; tasks: { checks: Check[] }[] };
  return { code, ok, checks: tasks.flatMap(({ checks }) => checks), stderr };
}
