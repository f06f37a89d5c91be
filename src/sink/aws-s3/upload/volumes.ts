/** One object as a row of uploads: where the parts of one run out, the next begins. None is complete before all are. */
import { volumeKey } from '../names.js';
import type { SealedPart } from './part-hash.js';
import { beginUpload, type ObjectTarget, type Upload } from './uploads.js';

export interface Volumes {
  /** True until the first part is sent. */
  isEmpty(): boolean;
  /** Sends a part; they are numbered in the order of the calls. */
  send(part: Promise<SealedPart>): Promise<void>;
  /** Makes objects of them. Returns how many. */
  complete(): Promise<number>;
  /** To be called when no `send` is under way any more. */
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
