/**
 * The lab: shell scripts beside the repository that bring up real parts on a bare Debian machine. `PALHM_LAB` names its
 * directory, by default `../shared/lab`. Needs root; installs from Debian what it needs (see the head of each test).
 */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the compiled test, `dist/test/system/`. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Where the repository is inside of whatever the lab brings up: not below /tmp, which a unit may have of its own. */
export const INSTALLED = '/opt/palhm';

const LAB = process.env['PALHM_LAB'] ?? join(REPOSITORY, '..', 'shared', 'lab');

/** Why the lab cannot be used, as the `skip` of a suite; false when it can. */
export function whyNoLab(script: string): string | false {
  if (!existsSync(join(LAB, script))) return `there is no ${script} in ${LAB}: set PALHM_LAB`;
  return process.getuid?.() === 0 ? false : 'the lab needs root';
}

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the lab to its end, however it ends. */
export function runScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    execFile(pathOf(script), args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** The output of a script that must succeed. */
export async function mustRunScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await runScript(script, args, env);
  if (code === 0) return stdout;
  throw new Error(`${script} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
}

export function pathOf(script: string): string {
  return join(LAB, script);
}

/** A new directory that the lab's servers can reach, with room in its name for the sockets below it. */
export async function makeLabDirectory(): Promise<string> {
  const directory = await mkdtemp('/tmp/palhm-lab-');
  await chmod(directory, 0o711);
  return directory;
}

/** Shares of the repository for `…-up.sh`, with where its dependencies really are. `mode` is `:ro` or nothing. */
export function repositoryShares(mode: ':ro' | ''): readonly string[] {
  const modules = realpathSync(join(REPOSITORY, 'node_modules'));
  const own = `${REPOSITORY}:${INSTALLED}${mode}`;
  return modules.startsWith(`${REPOSITORY}/`) ? [own] : [own, `${modules}:${modules}${mode}`];
}
