/**
 * Sends the parts of one object while it is being read, a bounded number at a time. What is sent is no object yet: the end
 * of a stream is not a success, so the last part and every completion wait for `finish`.
 */

import type { PartBuffers } from './part-buffers.js';
import { type ObjectTarget, putObject } from './uploads.js';
import { createVolumes } from './volumes.js';

export interface PartSizes {
  readonly partSize: number;
  /** Parts under way at once; one more is being filled meanwhile. */
  readonly queueSize: number;
  /** Parts that the store takes in one upload; what is beyond goes into a further volume. */
  readonly maxParts: number;
}

export interface PartSender {
  /** Memory to be filled; undefined while all of it is on its way. `onRoom` is called when that ends. */
  take(): Buffer | undefined;
  /** Gives memory back that `take` gave and that is not to be sent. */
  drop(part: Buffer): void;
  /** Sends a full part, which `take` gave. */
  send(part: Buffer): void;
  /** Sends what is left and makes the object. Fails with the first failure of any part. */
  finish(last: Buffer): Promise<{ readonly volumes: number }>;
  /** Gives everything up; waits until nothing is under way and the store has forgotten it. */
  abort(): Promise<void>;
}

export interface PartSenderParts {
  readonly target: Omit<ObjectTarget, 'signal'>;
  readonly sizes: PartSizes;
  readonly buffers: PartBuffers;
  readonly onRoom: () => void;
  readonly onFailure: (error: unknown) => void;
}

export function createPartSender(parts: PartSenderParts): PartSender {
  const stop = new AbortController();
  const target = { ...parts.target, signal: stop.signal };
  const underWay = new Set<Promise<void>>();
  const volumes = createVolumes(target, parts.sizes.maxParts);
  const memory = shareMemory(parts);
  let failure: { readonly error: unknown } | undefined;

  function fail(error: unknown): void {
    if (failure !== undefined) return;
    failure = { error };
    stop.abort();
    parts.onFailure(error);
  }

  async function sendPart(part: Buffer): Promise<void> {
    await volumes.send(part).catch(fail);
    memory.giveBack(part);
    if (failure === undefined) parts.onRoom();
  }

  return {
    take: () => (failure === undefined ? memory.take() : undefined),
    drop: (part) => memory.giveBack(part),
    send(part) {
      const sending = sendPart(part);
      underWay.add(sending);
      void sending.finally(() => underWay.delete(sending));
    },
    async finish(last) {
      await Promise.all(underWay);
      if (failure !== undefined) throw failure.error;
      if (volumes.isEmpty()) {
        await putObject(target, last);
        return { volumes: 1 };
      }
      if (last.length > 0) await volumes.send(last);
      return { volumes: await volumes.complete() };
    },
    async abort() {
      stop.abort();
      await Promise.all(underWay);
      await volumes.abort();
    },
  };
}

/** One part to be filled and a queue of others to be sent: no more memory than that for one object. */
function shareMemory({ sizes, buffers }: Pick<PartSenderParts, 'sizes' | 'buffers'>) {
  let taken = 0;
  return {
    take(): Buffer | undefined {
      if (taken > sizes.queueSize) return undefined;
      taken += 1;
      return buffers.take(sizes.partSize);
    },
    giveBack(buffer: Buffer): void {
      taken -= 1;
      buffers.giveBack(buffer);
    },
  };
}
