/** Programs of util-linux that do to an open descriptor what Node has no call for: flock(2), fallocate(2). */
import { spawn } from 'node:child_process';
import { findProgram, type Program } from './programs.js';

export interface ProgramEnd {
  /** Null after a death by a signal. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

export interface ProgramRun {
  readonly argv: readonly [Program, ...string[]];
  /** What the program finds as its descriptor 3. */
  readonly fd: number;
  readonly signal?: AbortSignal;
}

const STDERR_LIMIT = 4096;

/**
 * Runs a program to its end. Rejects with the system's error when it cannot be started, with an AbortError when `signal`
 * stopped it. It gets a session of its own: Ctrl-C is for palhm, which then stops it through `signal`.
 */
export function runOnDescriptor(run: ProgramRun): Promise<ProgramEnd> {
  const [program, ...rest] = run.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(findProgram(program) ?? program, rest, {
      stdio: ['ignore', 'ignore', 'pipe', run.fd],
      detached: true,
      env: { ...process.env, LC_ALL: 'C' },
      ...(run.signal === undefined ? {} : { signal: run.signal }),
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_LIMIT);
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stderr: stderr.trim() }));
  });
}
