/**
 * Sends the parts of one object while it is read, a limited number at a time. The end of the stream does not mean that the stages
 * have succeeded, so the last part is sent and the uploads are completed only by `finish`.
 */

import type { PartBuffers } from './part-buffers.js';
import type { SealedPart } from './part-hash.js';
import type { PartSizes } from './part-size.js';
import { type ObjectTarget, putObject } from './uploads.js';
import { createVolumes } from './volumes.js';

export interface PartSender {
  /** Memory to fill. Undefined while all of it is being sent; `onRoom` is called when some is free again. */
  take(): Buffer | undefined;
  /** Gives back memory of `take` that will not be sent. */
  drop(part: Buffer): void;
  /** Sends a full part, in memory of `take`, as soon as it is sealed. */
  send(part: Buffer, sealed: Promise<SealedPart>): void;
  /** Sends the last part and makes the object. Fails with the first failure of any part. */
  finish(last: Promise<SealedPart>): Promise<{ readonly volumes: number }>;
  /** Gives the object up. Waits until no request is under way and the store has aborted the uploads. */
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

  async function sendPart(part: Buffer, sealed: Promise<SealedPart>): Promise<void> {
    await volumes.send(sealed).catch(fail);
    memory.giveBack(part);
    if (failure === undefined) parts.onRoom();
  }

  return {
    take: () => (failure === undefined ? memory.take() : undefined),
    drop: (part) => memory.giveBack(part),
    send(part, sealed) {
      const sending = sendPart(part, sealed);
      underWay.add(sending);
      void sending.finally(() => underWay.delete(sending));
    },
    async finish(sealing) {
      // Its failure is thrown below, unless a part has failed before.
      sealing.catch(() => undefined);
      await Promise.all(underWay);
      if (failure !== undefined) throw failure.error;
      const last = await sealing;
      if (volumes.isEmpty()) {
        await putObject(target, last);
        return { volumes: 1 };
      }
      if (last.bytes.length > 0) await volumes.send(sealing);
      return { volumes: await volumes.complete() };
    },
    async abort() {
      stop.abort();
      await Promise.all(underWay);
      await volumes.abort();
    },
  };
}

/** Limits the parts in memory to the size of the queue, whether they are being filled or sent. */
function shareMemory({ sizes, buffers }: Pick<PartSenderParts, 'sizes' | 'buffers'>) {
  let taken = 0;
  let everTaken = 0;
  return {
    take(): Buffer | undefined {
      // Every part that is taken is sent, except the last. So this is the number of parts before this one.
      const { partSize, queueSize } = everTaken < sizes.maxParts ? sizes : sizes.further;
      if (taken >= queueSize) return undefined;
      taken += 1;
      everTaken += 1;
      return buffers.take(partSize);
    },
    giveBack(buffer: Buffer): void {
      taken -= 1;
      buffers.giveBack(buffer);
    },
  };
}
