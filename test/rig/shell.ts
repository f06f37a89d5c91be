/** Lines of bash, for what a shell does with the streams of palhm. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PALHM } from './palhm.js';

/** Runs a line in which `palhm` is the program with this config. */
export async function shell(
  config: string,
  line: string,
): Promise<{ code: number | null; stdout: string }> {
  const script = `palhm() { "$NODE" "$PALHM" -f "$CONFIG" "$@"; }; ${line}`;
  const env = { ...process.env, NODE: process.execPath, PALHM, CONFIG: config };
  const child = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout };
}
