/**
 * A process that is to outlive the unit of systemd that palhm runs in: everything in the control group of a unit ends with it. So
 * the process is started in a scope of its own (systemd-run(1)): it stays what it is, with the sandbox of the unit and the descriptors
 * that it is given, and is only moved.
 */
import { access, readFile } from 'node:fs/promises';
import { findProgram } from './programs.js';

export interface Scope {
  /** Before the program and its arguments. */
  readonly wrapper: readonly string[];
  /** Set instead when there can be none: why, as a phrase. */
  readonly problem: string | undefined;
}

/** Undefined where palhm runs in no unit. `name`: of the scope. */
export async function findScope(name: string, description: string): Promise<Scope | undefined> {
  // sd_booted(3).
  const isBooted = await access('/run/systemd/system').then(
    () => true,
    () => false,
  );
  const manager =
    isBooted && findManager(await readFile('/proc/self/cgroup', 'utf8').catch(() => ''));
  if (manager === false || manager === undefined) return undefined;
  const program = findProgram('systemd-run');
  if (program === undefined) return { wrapper: [], problem: 'there is no systemd-run' };
  const options = ['--scope', '--quiet', '--collect', '--no-ask-password'];
  const named = [`--unit=${name}`, `--description=${description}`];
  return { wrapper: [program, `--${manager}`, ...options, ...named, '--'], problem: undefined };
}

/** The manager of the service that the control group is of; undefined when it is of none. */
export function findManager(cgroups: string): 'system' | 'user' | undefined {
  for (const line of cgroups.split('\n')) {
    const path = /^(?:0:|\d+:name=systemd):(.*)$/.exec(line)?.[1] ?? '';
    const units = path.split('/').filter((part) => /\.(?:service|scope)$/.test(part));
    const unit = units.at(-1);
    if (unit?.endsWith('.service') !== true || OF_USER.test(unit)) continue;
    return units.some((one) => OF_USER.test(one)) ? 'user' : 'system';
  }
  return undefined;
}

const OF_USER = /^user@\d+\.service$/;
