import { existsSync } from 'node:fs';
import { Failure } from '../failure/failure.js';

/** What palhm needs of a host, and how it gets there. A chroot, as on a rescue system, has neither by itself. */
const NEEDED = [
  // palhm opens pipes, files and directories through proc(5), and looks there for processes and mounts.
  { path: '/proc/self/fd', name: '/proc is not mounted', remedy: 'mount -t proc proc /proc' },
  // Whatever palhm starts has it as its standard input.
  { path: '/dev/null', name: 'there is no /dev/null', remedy: 'mount -t devtmpfs dev /dev' },
] as const;

/**
 * Failure HOST_UNFIT without them. Every operation that moves data or removes something begins with this look: without it, a file
 * that cannot be opened would be taken for one that is missing from a copy.
 */
export function requireSystem(): void {
  for (const { path, name, remedy } of NEEDED) {
    if (existsSync(path)) continue;
    throw new Failure({
      code: 'HOST_UNFIT',
      message: `${name} here, and palhm cannot do this without it`,
      hint: `mount it: ${remedy}`,
    });
  }
}
