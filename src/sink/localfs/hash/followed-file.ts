/** One file that is read and hashed while another process writes it. Only the hashing thread uses this. */
import { createHash, type Hash } from 'node:crypto';
import { fdatasync, readFileSync, readSync } from 'node:fs';
import type { Digest } from '../../sink.js';
import type { FollowRequest } from './hash-protocol.js';
import { createSamples, type Samples, samplesHold, takeSample } from './samples.js';

export interface Followed {
  readonly request: FollowRequest;
  readonly progress: BigInt64Array;
  hash: Hash;
  offset: number;
  samples: Samples;
  /** The last known position of the writer's descriptor. */
  position: number;
  /** The writer went back at some time. */
  rewound: boolean;
  reread: boolean;
  ended: boolean;
  dropped: boolean;
  /** An fdatasync is under way: the descriptor must stay open. */
  syncing: boolean;
  syncedTo: number;
  readonly onSynced: () => void;
}

const CHUNK = 256 * 1024;
const CHUNKS_PER_TURN = 32;
/**
 * After this many bytes the file is synced, so that little is left for the fsync at the end. The kernel itself starts only
 * when a tenth of the memory is dirty (vm.dirty_background_ratio).
 */
const WRITE_OUT_EVERY = 64 * 1024 * 1024;

const chunk = Buffer.allocUnsafeSlow(CHUNK);

export function follow(request: FollowRequest, onSynced: () => void): Followed {
  return {
    request,
    progress: new BigInt64Array(request.progress),
    hash: createHash('sha256'),
    offset: 0,
    samples: createSamples(),
    position: 0,
    rewound: false,
    reread: false,
    ended: false,
    dropped: false,
    syncing: false,
    syncedTo: 0,
    onSynced,
  };
}

/** Reads for one turn. True when more can be read at once. */
export function advance(file: Followed): boolean {
  for (let count = 0; count < CHUNKS_PER_TURN; count++) {
    const read = readSync(file.request.readFd, chunk, 0, CHUNK, file.offset);
    if (read === 0) {
      watchPosition(file);
      return false;
    }
    const bytes = chunk.subarray(0, read);
    if (!file.reread && !isAtRest(file)) takeSample(file.samples, file.offset, bytes);
    file.hash.update(bytes);
    file.offset += read;
    Atomics.store(file.progress, 0, BigInt(file.offset));
  }
  if (!isAtRest(file)) writeOut(file);
  return true;
}

function isAtRest({ request }: Followed): boolean {
  return request.writeFd === undefined;
}

/**
 * The digest of a file that has been read to its end. Undefined when it must be read again from the start.
 *
 * A file is not a pipe. Its writer may have gone back and changed bytes that were already read, as zip and `pg_dump -Fc` do
 * when their stdout can seek. Or it may have opened /dev/stdout itself and truncated it. The kernel keeps no record of that,
 * so this looks for traces: the writer's descriptor went back at some time, it is not at the end of the file now, or samples
 * of the file differ from what was read. Then the whole file is hashed again, now that nobody writes it. A change in the first
 * 16 MiB, and a writer that ended somewhere else, are always found. Other changes are found by chance, which is nearly certain
 * for a writer that patches many places.
 */
export function settle(file: Followed): Digest | undefined {
  if (file.reread || isAsRead(file)) return { size: file.offset, sha256: file.hash.digest('hex') };
  file.reread = true;
  file.hash = createHash('sha256');
  file.offset = 0;
  return undefined;
}

function isAsRead(file: Followed): boolean {
  const { readFd, writeFd } = file.request;
  if (writeFd === undefined) return true;
  if (file.rewound || positionOf(writeFd) !== file.offset) return false;
  return samplesHold(file.samples, readFd, chunk);
}

/**
 * The position is compared with the one before, not with the bytes read: during a long write(2) the file grows before the position
 * moves. A writer that opened /dev/stdout itself never moves this position; that is found at the end.
 */
function watchPosition(file: Followed): void {
  const { writeFd } = file.request;
  if (writeFd === undefined) return;
  const position = positionOf(writeFd) ?? 0;
  if (position < file.position) file.rewound = true;
  file.position = position;
}

/** The offset of the open file description that the descriptor shares with the stage (proc(5), fdinfo). */
function positionOf(fd: number): number | undefined {
  const position = /^pos:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return position === undefined ? undefined : Number(position);
}

/** An error here can be ignored: the fsync of the writer's descriptor reports it too (errseq_t is per file description). */
function writeOut(file: Followed): void {
  if (file.syncing || file.offset - file.syncedTo < WRITE_OUT_EVERY) return;
  file.syncing = true;
  file.syncedTo = file.offset;
  fdatasync(file.request.readFd, () => {
    file.syncing = false;
    file.onSynced();
  });
}
