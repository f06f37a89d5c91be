/** Hashes a file, or its first bytes, when nobody writes it any more. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { BYTES, type DigestFile } from './protocol.js';
import type { Tell, ThreadJob } from './thread-job.js';

const BLOCK = Buffer.allocUnsafeSlow(256 * 1024);
/** After so many blocks the other jobs of the thread have their turn. */
const BLOCKS_PER_TURN = 32;

export function digestFile(
  { handle, limit = Infinity, progress }: DigestFile,
  tell: Tell,
): ThreadJob {
  const hash = createHash('sha256');
  const counter = new BigInt64Array(progress);
  let size = 0;
  let turn: NodeJS.Immediate | undefined = setImmediate(takeTurn);

  function takeTurn(): void {
    turn = undefined;
    try {
      for (let count = 0; count < BLOCKS_PER_TURN; count++) {
        const read = readSync(handle.fd, BLOCK, 0, Math.min(BLOCK.length, limit - size), size);
        if (read === 0) {
          tell.taken({ size, sha256: hash.digest('hex'), found: [] });
          return;
        }
        hash.update(BLOCK.subarray(0, read));
        size += read;
        Atomics.store(counter, BYTES, BigInt(size));
      }
      turn = setImmediate(takeTurn);
    } catch (error) {
      tell.failed(error);
    }
  }

  return {
    more: () => undefined,
    spare: () => undefined,
    seal: () => Promise.resolve(),
    async close() {
      clearImmediate(turn);
      await handle.close();
    },
  };
}
