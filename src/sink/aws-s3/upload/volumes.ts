/** One object as several uploads: when one has all the parts it can have, the next begins. They are completed together. */
import { volumeKey } from '../names.js';
import type { SealedPart } from './part-hash.js';
import { beginUpload, type ObjectTarget, type Upload } from './uploads.js';

export interface Volumes {
  /** True until `send` is called. */
  isEmpty(): boolean;
  /** Sends a part. Parts are numbered in the order of the calls. */
  send(part: Promise<SealedPart>): Promise<void>;
  /** Makes an object of each upload. Returns how many there are. */
  complete(): Promise<number>;
  /** To be called when no `send` is under way. */
  abort(): Promise<void>;
}

export function createVolumes(target: ObjectTarget, maxParts: number): Volumes {
  const uploads: Upload[] = [];
  let sent = 0;

  function nextUpload(): Upload {
    const index = Math.floor(sent / maxParts);
    sent += 1;
    const known = uploads[index];
    if (known !== undefined) return known;
    const upload = beginUpload({ ...target, key: volumeKey(target.key, index + 1) });
    uploads.push(upload);
    return upload;
  }

  return {
    isEmpty: () => sent === 0,
    send: (part) => nextUpload().send(part),
    async complete() {
      for (const upload of uploads) await upload.complete();
      return uploads.length;
    },
    async abort() {
      await Promise.all(uploads.map((upload) => upload.abort()));
    },
  };
}
