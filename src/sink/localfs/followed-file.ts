/** One file that is read and hashed while somebody else writes it. Used by the hashing thread only. */
import { createHash, type Hash } from 'node:crypto';
import { fdatasync, readFileSync, readSync } from 'node:fs';
import type { Digest, FollowRequest } from './hash-protocol.js';

export interface Followed {
  readonly request: FollowRequest;
  readonly progress: BigInt64Array;
  hash: Hash;
  offset: number;
  /** The first bytes as they were read, to be compared in the end. */
  head: Buffer;
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
const HEAD = 16 * 1024;
/**
 * Every so many bytes the file is written out, so that the fsync in the end finds little to do: the kernel itself starts
 * only when a tenth of the memory is dirty.
 */
const WRITE_OUT_EVERY = 64 * 1024 * 1024;

const chunk = Buffer.allocUnsafeSlow(CHUNK);

export function follow(request: FollowRequest, onSynced: () => void): Followed {
  return {
    request,
    progress: new BigInt64Array(request.progress),
    hash: createHash('sha256'),
    offset: 0,
    head: Buffer.alloc(0),
    reread: false,
    ended: false,
    dropped: false,
    syncing: false,
    syncedTo: 0,
    onSynced,
  };
}

/** Reads on for one turn. True when there is more to be read at once. */
export function advance(file: Followed): boolean {
  for (let count = 0; count < CHUNKS_PER_TURN; count++) {
    const read = readSync(file.request.readFd, chunk, 0, CHUNK, file.offset);
    if (read === 0) return false;
    const bytes = chunk.subarray(0, read);
    if (file.offset === 0) file.head = Buffer.from(bytes.subarray(0, HEAD));
    file.hash.update(bytes);
    file.offset += read;
    Atomics.store(file.progress, 0, BigInt(file.offset));
  }
  writeOut(file);
  return true;
}

/**
 * The digest of a file that has been read to its end; undefined when it has to be read again from the start.
 *
 * A file is no pipe: the writer may have gone back and changed what had already been read, as `zip` does when its stdout
 * can seek, or have opened /dev/stdout itself and cut it. Such writers give themselves away: the start of the file
 * differs from what was read (headers are what gets patched), or the position of the descriptor that palhm gave them
 * is not the end of the file. Then the hash is made again from the file as it is now; its writers have ended.
 */
export function settle(file: Followed): Digest | undefined {
  if (file.reread || isAsWritten(file))
    return { size: file.offset, sha256: file.hash.digest('hex') };
  file.reread = true;
  file.hash = createHash('sha256');
  file.offset = 0;
  return undefined;
}

function isAsWritten(file: Followed): boolean {
  if (positionOf(file.request.writeFd) !== file.offset) return false;
  const length = readSync(file.request.readFd, chunk, 0, HEAD, 0);
  return chunk.subarray(0, length).equals(file.head);
}

/** The offset of the open file description that the descriptor shares with the stage (proc(5), fdinfo). */
function positionOf(fd: number): number | undefined {
  const position = /^pos:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return position === undefined ? undefined : Number(position);
}

/** An error here is not lost: the fsync of the writer's own descriptor reports it too (errseq_t is per description). */
function writeOut(file: Followed): void {
  if (file.syncing || file.offset - file.syncedTo < WRITE_OUT_EVERY) return;
  file.syncing = true;
  file.syncedTo = file.offset;
  fdatasync(file.request.readFd, () => {
    file.syncing = false;
    file.onSynced();
  });
}
