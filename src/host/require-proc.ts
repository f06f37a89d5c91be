import { existsSync } from 'node:fs';
import { Failure } from '../failure/failure.js';

/**
 * Failure HOST_UNFIT without a proc(5) that knows this process. Every operation that moves data or removes something needs
 * it: palhm opens pipes, files and directories through it, and looks there for processes and mounts. Without this look, a file
 * that cannot be opened would be taken for one that is missing.
 */
export function requireProc(): void {
  if (existsSync('/proc/self/fd')) return;
  throw new Failure({
    code: 'HOST_UNFIT',
    message: '/proc is not mounted here, and palhm cannot do this without it',
    hint: 'mount it: mount -t proc proc /proc',
  });
}
