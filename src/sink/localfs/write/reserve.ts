/** Reserves the blocks of a file before it is written, so that a lack of space is found at once. Its size stays as it is. */
import type { FileHandle } from 'node:fs/promises';
import { Failure, isErrno } from '../../../failure/failure.js';
import { type HelperEnd, runHelper } from '../../../host/helper.js';
import { asSinkFailure, HINT_FULL } from '../../../host/sink-failure.js';
import { freeSpace } from '../../../host/space.js';
import { formatSize } from '../../../units/bytes.js';

interface Reservation {
  readonly handle: FileHandle;
  readonly bytes: number;
  /** For the message. */
  readonly object: string;
  readonly root: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Failure SINK_FULL with both figures when there is not enough space. Where blocks cannot be reserved (NFS before 4.2, CIFS,
 * no util-linux), the free space is compared instead. A later truncate to the real size gives back what was not used.
 */
export async function reserveSpace(reservation: Reservation): Promise<void> {
  const before = await asSinkFailure('ask for the free space', () => freeSpace(reservation.root));
  const end = await runFallocate(reservation);
  if (end?.exitCode === 0) return;
  const refused = end !== undefined && /No space left|Disk quota|File too large/i.test(end.stderr);
  if (!refused && before.bytes >= reservation.bytes) return;
  throw new Failure({
    code: 'SINK_FULL',
    message:
      `no space for object "${reservation.object}": its alloc-size is ${formatSize(reservation.bytes)}, ` +
      `${formatSize(before.bytes)} are free in ${reservation.root}`,
    details: refused ? [end.stderr] : [],
    hint: HINT_FULL,
  });
}

/** Undefined when the program cannot be run. */
async function runFallocate({
  handle,
  bytes,
  signal,
}: Reservation): Promise<HelperEnd | undefined> {
  const argv = ['fallocate', '--keep-size', '--length', String(bytes), '/proc/self/fd/3'] as const;
  try {
    return await runHelper({
      argv,
      fd: handle.fd,
      accept: 'any',
      code: 'SINK_UNAVAILABLE',
      signal,
    });
  } catch (error) {
    if (error instanceof Failure && isErrno(error.cause, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}
