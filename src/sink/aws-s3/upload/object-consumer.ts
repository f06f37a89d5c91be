/** Writes one object to a bucket while it is read, as one upload or as several volumes. There is no object before `finish`. */
import type { Chunk } from '../../../host/intake.js';
import type { ObjectConsumer, StoredObject } from '../../sink.js';
import { volumeKey } from '../names.js';
import type { PartSizes } from './part-size.js';
import { createVerdict, type ObjectTarget, startUpload, type Upload } from './uploads.js';
import { openVolumes } from './volumes.js';

export interface NewObject {
  /** The path of the object in the copy. */
  readonly path: string;
  readonly target: ObjectTarget;
  readonly sizes: PartSizes;
}

export function createConsumer({ path, target, sizes }: NewObject): ObjectConsumer {
  const verdict = createVerdict();
  const uploads: Upload[] = [];

  async function take(chunks: AsyncIterable<Chunk>): Promise<void> {
    for await (const volume of openVolumes(chunks, capacitiesOf(sizes))) {
      const { partSize, queueSize } = uploads.length === 0 ? sizes : sizes.further;
      const key = volumeKey(target.key, uploads.length + 1);
      const shape = { partSize, queueSize, volume };
      const upload = startUpload({ ...target, key }, shape, verdict);
      uploads.push(upload);
      // When a part cannot be sent, the store takes no more: nothing is read any more.
      await Promise.race([volume.ended, ...uploads.map(({ failed }) => failed)]);
    }
  }

  return {
    into: { type: 'chunks', take },
    asFailure: (error) => error,
    async finish(digest): Promise<StoredObject> {
      verdict.pass();
      for (const { done } of uploads) await done;
      if (uploads.length === 1) return digest;
      const volumes = uploads.map((_, index) => volumeKey(path, index + 1));
      return { ...digest, volumes };
    },
    async abort() {
      verdict.reject();
      await Promise.allSettled(uploads.map(({ done }) => done));
    },
  };
}

/** How many bytes fit into each volume. */
function* capacitiesOf({ partSize, maxParts, further }: PartSizes): Generator<number> {
  yield partSize * maxParts;
  for (;;) yield further.partSize * maxParts;
}
