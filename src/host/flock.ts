/**
 * flock(2), for which Node has no call. The program `flock` of util-linux takes the lock on palhm's open descriptor and
 * ends; the lock stays with the open file description. Every run starts with it, so it uses `node:child_process` and not
 * execa: see helper.ts.
 */
import { spawn } from 'node:child_process';
import { findProgram } from './programs.js';

export interface FlockRequest {
  /** An open descriptor of the file or directory to lock. */
  readonly fd: number;
  /** How long to wait while another process holds the lock. Infinity: without limit. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type FlockEnd =
  | { readonly type: 'taken' | 'occupied' }
  /** The file system does not support locks, or the program failed. */
  | { readonly type: 'failed'; readonly exitCode: number | null; readonly stderr: string };

const OCCUPIED = 75;
const STDERR_LIMIT = 4096;

/**
 * Takes an exclusive lock. Rejects with the system's error when the program cannot be started, and with an AbortError when
 * `signal` stopped it. The program has its own session, so that Ctrl-C reaches only palhm, which stops it by `signal`.
 */
export function takeFlock({ fd, waitMs, signal }: FlockRequest): Promise<FlockEnd> {
  const args = ['-x', '-E', String(OCCUPIED), ...waitOptions(waitMs), '3'];
  return new Promise((resolve, reject) => {
    const child = spawn(findProgram('flock') ?? 'flock', args, {
      stdio: ['ignore', 'ignore', 'pipe', fd],
      detached: true,
      env: { LC_ALL: 'C' },
      signal,
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_LIMIT);
    });
    child.once('error', reject);
    child.once('close', (exitCode) => {
      if (exitCode === 0) resolve({ type: 'taken' });
      else if (exitCode === OCCUPIED) resolve({ type: 'occupied' });
      else resolve({ type: 'failed', exitCode, stderr: stderr.trim() });
    });
  });
}

function waitOptions(waitMs: number): readonly string[] {
  if (waitMs <= 0) return ['-n'];
  return Number.isFinite(waitMs) ? ['-w', (waitMs / 1000).toFixed(3)] : [];
}
