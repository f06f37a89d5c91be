/**
 * Sends the parts of one object while it is being read, a bounded number at a time. What is sent is no object yet: the end
 * of a stream is not a success, so the last part and every completion wait for `finish`.
 */
import type { PartBuffers } from './part-buffers.js';
import { beginUpload, type ObjectTarget, putObject, type Upload } from './uploads.js';

export interface PartSizes {
  readonly partSize: number;
  /** Parts under way at once; one more is being filled meanwhile. */
  readonly queueSize: number;
}

export interface PartSender {
  /** Memory to be filled; undefined while all of it is on its way. `onRoom` is called when that ends. */
  take(): Buffer | undefined;
  /** Sends a full part, which `take` gave. */
  send(part: Buffer): void;
  /** Sends what is left and makes the object. Fails with the first failure of any part. */
  finish(last: Buffer): Promise<void>;
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
  const { sizes, buffers } = parts;
  const stop = new AbortController();
  const target = { ...parts.target, signal: stop.signal };
  const underWay = new Set<Promise<void>>();
  let upload: Upload | undefined;
  let taken = 0;
  let failure: { readonly error: unknown } | undefined;

  function fail(error: unknown): void {
    if (failure !== undefined) return;
    failure = { error };
    stop.abort();
    parts.onFailure(error);
  }

  async function sendPart(begun: Upload, part: Buffer): Promise<void> {
    try {
      await begun.send(part);
    } catch (error) {
      fail(error);
    }
    taken -= 1;
    buffers.giveBack(part);
    if (failure === undefined) parts.onRoom();
  }

  return {
    take() {
      if (failure !== undefined || taken > sizes.queueSize) return undefined;
      taken += 1;
      return buffers.take(sizes.partSize);
    },
    send(part) {
      upload ??= beginUpload(target);
      const sending = sendPart(upload, part);
      underWay.add(sending);
      void sending.finally(() => underWay.delete(sending));
    },
    async finish(last) {
      await Promise.all(underWay);
      if (failure !== undefined) throw failure.error;
      if (upload === undefined) return putObject(target, last);
      if (last.length > 0) await upload.send(last);
      await upload.complete();
    },
    async abort() {
      stop.abort();
      await Promise.all(underWay);
      await upload?.abort();
    },
  };
}
