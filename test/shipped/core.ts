/** The execs of conf.d/core.json, as they are written, and how a test runs them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the tree: tests run from dist/test/shipped. */
export const TOP = fileURLToPath(new URL('../../../', import.meta.url));
export const CORE = join(TOP, 'conf.d/core.json');

export interface Program {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface CoreExec extends Program {
  readonly id: string;
  readonly ec?: string;
  readonly inverse?: Program;
}

export function readCore(): readonly CoreExec[] {
  return (JSON.parse(readFileSync(CORE, 'utf8')) as { execs: CoreExec[] }).execs;
}

export function coreExec(id: string): CoreExec {
  const exec = readCore().find((one) => one.id === id);
  assert.ok(exec, `conf.d/core.json has no exec "${id}"`);
  return exec;
}

/** What a test cannot do without, or false when all is there: for `skip`. */
export function whyMissing(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Given {
  readonly append?: readonly string[];
  readonly input?: Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a program to its end, with more arguments and variables, as `exec-append` does. */
export function runProgram({ argv, env }: Program, given: Given = {}): Ended {
  const [program = '', ...args] = argv;
  const { status, stdout, stderr, error } = spawnSync(program, [...args, ...(given.append ?? [])], {
    input: given.input ?? Buffer.alloc(0),
    env: { ...process.env, ...env, ...given.env },
    maxBuffer: 256 * 1024 * 1024,
    ...(given.cwd === undefined ? {} : { cwd: given.cwd }),
  });
  // A program that refuses its arguments may be gone before its input is written.
  if (error !== undefined && !('code' in error && error.code === 'EPIPE')) throw error;
  return { status, stdout, stderr: stderr.toString() };
}

/** The same, where it must end with 0: what it printed. */
export function outputOf(program: Program, given: Given = {}): Buffer {
  const { status, stdout, stderr } = runProgram(program, given);
  assert.equal(status, 0, `${program.argv.join(' ')}: ${stderr}`);
  return stdout;
}
