/** Writes one object to a bucket. The output of the last stage is a pipe, which is read straight into the parts to send. */
import { Failure } from '../../../failure/failure.js';
import { openPipeReader } from '../../../host/pipe-reader.js';
import type { ObjectWriter, StoredObject } from '../../sink.js';
import { volumeKey } from '../names.js';
import type { OpenHash } from './part-hashes.js';
import { createPartSender, type PartSender, type PartSenderParts } from './part-sender.js';

export interface NewObject extends Omit<PartSenderParts, 'onRoom' | 'onFailure'> {
  /** The path of the object in the copy. */
  readonly path: string;
  readonly hash: OpenHash;
}

/** The default size of a pipe (pipe(7)). One read lands here while no part has room. It is smaller than a part. */
const LANDING = 64 * 1024;

export async function createObjectWriter(object: NewObject): Promise<ObjectWriter> {
  let failure: { readonly error: unknown } | undefined;
  const sender = createPartSender({
    ...object,
    onRoom: () => {
      if (filling.findRoom()) reader.resume();
    },
    onFailure: (error) => {
      failure ??= { error };
      void reader.close();
    },
  });
  const { hash } = object;
  const filling = fillParts(sender, hash);
  const reader = await openPipeReader(filling);
  let ending: Promise<unknown> | undefined;
  return {
    fd: reader.fd,
    handOver: () => reader.handOver(),
    bytes: () => filling.size(),
    async finish() {
      const finished = finish();
      ending = finished.catch(() => undefined);
      return finished;
    },
    async abort() {
      await reader.close();
      await sender.abort();
      await ending;
      filling.release();
      hash.close();
    },
    explain: async () => (failure?.error instanceof Failure ? failure.error : undefined),
  };

  async function finish(): Promise<StoredObject> {
    await reader.end();
    if (failure !== undefined) throw failure.error;
    const { volumes } = await sender.finish(hash.seal(filling.rest()));
    filling.release();
    const stored = { size: filling.size(), sha256: await hash.digest() };
    hash.close();
    return volumes === 1 ? stored : { ...stored, volumes: nameVolumes(object.path, volumes) };
  }
}

function nameVolumes(path: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => volumeKey(path, index + 1));
}

interface Filling {
  room(): Uint8Array;
  accept(count: number): boolean;
  /** Takes memory for a part when there was none. True when there is some now. */
  findRoom(): boolean;
  /** The bytes of the last part. */
  rest(): Buffer;
  /** Gives the memory of the last part back. To be called when nothing is read any more. */
  release(): void;
  size(): number;
}

function fillParts(sender: PartSender, hash: OpenHash): Filling {
  const landing = Buffer.allocUnsafeSlow(LANDING);
  let part = sender.take();
  let filled = 0;
  let total = 0;
  let target: Uint8Array = landing;
  return {
    room() {
      target = part === undefined ? landing : part.subarray(filled);
      return target;
    },
    accept(count) {
      const bytes = target.subarray(0, count);
      // The first read after a pause still uses the buffer that was chosen before it.
      if (part !== undefined && target === landing) part.set(bytes, filled);
      hash.arrived(bytes);
      filled += count;
      total += count;
      if (part === undefined || filled < part.length) return true;
      sender.send(part, hash.seal(part));
      filled = 0;
      part = sender.take();
      return part !== undefined;
    },
    findRoom() {
      if (part !== undefined) return false;
      part = sender.take();
      return part !== undefined;
    },
    rest: () => part?.subarray(0, filled) ?? Buffer.alloc(0),
    release() {
      if (part !== undefined) sender.drop(part);
      part = undefined;
    },
    size: () => total,
  };
}
